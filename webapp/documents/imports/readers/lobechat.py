"""LobeChat's exports: tables of sessions, topics and messages, of old as `state`, later as `data`.

A topic is a conversation, and so is what was said in a session outside of all topics.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from webapp.documents.document import Document, DocumentMessage
from webapp.documents.imports import marks
from webapp.documents.imports.readers.parts import attached, cited, content, problem
from webapp.documents.imports.readers.turns import Turn, in_time, role_of
from webapp.documents.imports.reading import accepts, document, made_id, mapping, name, objects, text, without_skipped
from webapp.documents.imports.said import Said
from webapp.documents.imports.scanning import Marked, closed_by, marked
from webapp.documents.imports.times import Clock, moment

_ARTIFACT: Final = re.compile(r"<lobeArtifact\b[^<>]*>")
_THINKING: Final = re.compile("<lobeThinking>")

Row = Mapping[str, Any]


def is_lobechat(value: Any) -> bool:
    old = accepts(value, exportType=str, state=dict) and accepts(value["state"], messages=list)
    return old or (accepts(value, data=dict, schemaHash=str) and accepts(value["data"], messages=list))


def split_lobechat(value: Any) -> Iterator[Any]:
    tables = mapping(value.get("state")) or mapping(value.get("data"))
    topics, sessions = _by_id(tables.get("topics")), _by_id(tables.get("sessions"))
    groups = dict[tuple[str, str], list[Row]]()
    translated = _by_id(tables.get("messageTranslates"))
    for row in objects(tables.get("messages")):
        one = {"translate": translated.get(text(row.get("id"))), **row}
        within = topics.get(text(one.get("topicId")), {})
        key = (text(within.get("id")), text(within.get("sessionId")) or text(one.get("sessionId")))
        groups.setdefault(key, []).append(one)
    agents, files, threads = _agents(tables), _files(tables), _by_id(tables.get("threads"))
    for (topic_id, session_id), messages in groups.items():
        session, topic = sessions.get(session_id, {}), topics.get(topic_id, {})
        yield {
            "key": topic_id or made_id("session", session_id),
            "about": topic or session,
            "title": topic.get("title") or mapping(session.get("meta")).get("title") or session.get("title"),
            "agent": mapping(session.get("config")) or agents.get(session_id, {}),
            "messages": messages,
            "files": files,
            "threads": threads,
        }


def _by_id(rows: Any) -> dict[str, Row]:
    return {text(one.get("id")): one for one in objects(rows)}


def _agents(tables: Row) -> dict[str, Row]:
    """The agent of each session."""
    agents = _by_id(tables.get("agents"))
    pairs = objects(tables.get("agentsToSessions"))
    return {text(one.get("sessionId")): agents.get(text(one.get("agentId")), {}) for one in pairs}


def _files(tables: Row) -> dict[str, list[Row]]:
    """The files of each message."""
    files, found = _by_id(tables.get("files")), dict[str, list[Row]]()
    for one in objects(tables.get("messagesFiles")):
        found.setdefault(text(one.get("messageId")), []).append(files.get(text(one.get("fileId")), {}))
    return found


def read_lobechat(value: Any) -> Document:
    about, agent = value["about"], value["agent"]
    ordered = in_time(value["messages"], "createdAt")
    rows = {name(one.get("id")) or f"message {place}": one for place, one in enumerate(ordered)}
    clock, parents = Clock(moment(about.get("createdAt"))), _parents(rows, value["threads"])
    read = list[DocumentMessage]()
    for key, row in rows.items():
        turn = _turn(row, value["files"].get(key, []), rows.get(str(parents[key]), {}))
        if not turn.is_empty:
            read.append(turn.message(key, clock))
    messages, skipped = without_skipped(read, parents)
    last = next((key for key in reversed(rows) if not rows[key].get("threadId")), None)
    return document(
        value["key"],
        value["title"],
        messages,
        leaf=skipped.kept_at(last),
        created_at=moment(about.get("createdAt")),
        updated_at=moment(about.get("updatedAt")),
        model=text(agent.get("model")),
        system_prompt=text(agent.get("systemRole")),
        pinned=about.get("favorite") is True or about.get("pinned") is True,
    )


def _parents(rows: Mapping[str, Row], threads: Mapping[str, Row]) -> dict[str, str | None]:
    """What each message answers: what it names, or else the one before it, in its thread if it is in one."""
    parents, last = dict[str, str | None](), dict[str, str]()
    for key, row in rows.items():
        thread = text(row.get("threadId"))
        above = last.get(thread) or (text(mapping(threads.get(thread)).get("sourceMessageId")) if thread else None)
        named = name(row.get("parentId"))
        parents[key] = named if named in rows else above if above in rows else None
        last[thread] = key
    return parents


def _turn(row: Row, files: list[Row], above: Row) -> Turn:
    said, role = Said(), role_of(row.get("role"))
    extra, plugin = mapping(row.get("extra")), mapping(row.get("plugin"))
    if role is None:
        if not list(objects(above.get("tools"))):
            said.tool(_tool(plugin) or text(row.get("role")))
        return Turn("assistant", said, moment(row.get("createdAt")))
    said.thought(text(mapping(row.get("reasoning")).get("content")))
    if role == "assistant":
        _answer(said, text(row.get("content")))
    else:
        content(said, row.get("content"), is_answer=False)
    for one in objects(row.get("tools")):
        said.tool(_tool(one))
    if translated := text(mapping(row.get("translate")).get("content")):
        said.block("Translation", translated)
    cited(said, mapping(row.get("search")).get("citations"))
    _attached(said, row, files)
    model = text(row.get("model")) or text(row.get("fromModel")) or text(extra.get("fromModel"))
    return Turn(role, said, moment(row.get("createdAt")), model, problem(row.get("error")))


def _answer(said: Said, words: str) -> None:
    """An answer, in which thoughts and artifacts have marks."""
    for piece in marked(words, _THINKING, closed_by("</lobeThinking>")):
        if isinstance(piece, Marked):
            said.thought(piece.body.strip())
            continue
        for part in marked(piece, _ARTIFACT, closed_by("</lobeArtifact>")):
            if isinstance(part, Marked):
                language = part.attribute("language") or marks.language_of(part.attribute("type"))
                said.block(part.attribute("title"), part.body.strip("\n"), language)
            else:
                content(said, part if part is words else part.strip("\n"), is_answer=True)


def _tool(call: Row) -> str:
    parts = (text(call.get("identifier")), text(call.get("apiName")))
    return ": ".join(part for part in parts if part)


def _attached(said: Said, row: Row, files: list[Row]) -> None:
    named = [*files, *objects(row.get("fileList")), *objects(row.get("imageList"))]
    for one in named:
        attached(said, one)
    unnamed = row.get("files")
    for _ in unnamed[len(named) :] if isinstance(unnamed, list) else ():
        said.missing("File")
