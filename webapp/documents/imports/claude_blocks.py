"""What a message of Claude's export says, block by block."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from webapp.documents.imports.claude_text import add_artifact, add_words
from webapp.documents.imports.marks import kind_of
from webapp.documents.imports.reading import mapping, objects, text
from webapp.documents.imports.said import Said

_RUNS_CODE: Final = frozenset({"repl", "bash", "bash_tool", "code_execution", "bash_code_execution", "analysis"})
_SILENT: Final = frozenset({"token_budget", "flag"})  # what is no part of what was said
# What stands in the text of a message for a block that it cannot show.
_NOT_SHOWN: Final = "```\nThis block is not supported on your current device yet.\n```"


Artifacts = Mapping[str, Mapping[str, Any]]  # with what each was created, by its id


def artifacts_in(messages: Iterable[Mapping[str, Any]]) -> Artifacts:
    """The artifacts of a conversation: what changes one later says its id alone."""
    found = dict[str, Mapping[str, Any]]()
    for block in (one for message in messages for one in objects(message.get("content"))):
        told = mapping(block.get("input"))
        if block.get("name") == "artifacts" and text(told.get("title")):
            found.setdefault(text(told.get("id")), told)
    return found


def said_of(message: Mapping[str, Any], artifacts: Artifacts) -> Said:
    said, called = Said(), ""
    blocks = list(objects(message.get("content")))
    for block in blocks:
        called = _add_block(said, block, called, artifacts)
    if not any(one.get("type") == "text" and text(one.get("text")).strip() for one in blocks):
        add_words(said, text(message.get("text")).replace(_NOT_SHOWN, "").strip("\n"))
    _add_files(said, message)
    return said


def _add_block(said: Said, block: Mapping[str, Any], called: str, artifacts: Artifacts) -> str:
    """Adds a block. Returns the name of the tool that was called last, whose result may follow."""
    kind = text(block.get("type"))
    if kind == "text":
        add_words(said, text(block.get("text")))
        _add_sources(said, block.get("citations"))
    elif kind == "thinking":
        summaries = "\n\n".join(text(one.get("summary")) for one in objects(block.get("summaries")))
        said.thought(text(block.get("thinking")) or summaries)
    elif kind == "redacted_thinking":
        said.missing("Part", "hidden thoughts")
    elif kind in ("tool_use", "server_tool_use", "mcp_tool_use"):
        _add_call(said, text(block.get("name")), mapping(block.get("input")), artifacts)
        return text(block.get("name")) or "unknown"
    elif kind.endswith("tool_result"):
        _add_result(said, text(block.get("name")), block, called)
    elif kind in ("image", "document"):
        _add_source_data(said, kind, block)
    elif kind == "voice_note":
        said.missing("Audio", text(block.get("title")))
        said.text(text(block.get("text")))
    elif kind not in _SILENT:
        said.missing("Part", kind.replace("_", " "))
    return called


def _add_call(said: Said, tool: str, told: Mapping[str, Any], artifacts: Artifacts) -> None:
    path = text(told.get("path")) or text(told.get("file_path"))
    if tool == "artifacts":
        _add_artifact(said, _since(artifacts.get(text(told.get("id")), {}), told))
    elif tool.startswith("message_compose"):
        _add_drafts(said, told)
    elif isinstance(told.get("widget_code"), str):
        said.block(f"Widget: {text(told.get('title'))}", told["widget_code"], "html")
    elif list(objects(told.get("questions"))):
        _add_questions(said, told)
    elif isinstance(told.get("file_text"), str):
        said.block(f"File: {path or 'untitled'}", told["file_text"], _ending(path))
    elif isinstance(told.get("old_str"), str):
        change = f"{told['old_str']}\n→\n{text(told.get('new_str'))}"
        said.block(f"Change to file: {path or 'untitled'}", change, _ending(path))
    elif tool in _RUNS_CODE and (text(told.get("code")) or text(told.get("command"))):
        language = "javascript" if tool in ("repl", "analysis") else "python" if "code" in told else "sh"
        said.block("Code", text(told.get("code")) or text(told.get("command")), language)
    else:
        said.tool(tool)


def _since(created: Mapping[str, Any], told: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a call says, with the title and the kind that the artifact was created with."""
    return {**created, "content": "", "md_citations": None, **{key: value for key, value in told.items() if value}}


def _add_artifact(said: Said, told: Mapping[str, Any]) -> None:
    title, body, language = text(told.get("title")), text(told.get("content")), text(told.get("language"))
    if told.get("command") == "update" and not body:
        change = f"{text(told.get('old_str'))}\n→\n{text(told.get('new_str'))}"
        said.block(f"Change to artifact: {title or text(told.get('id'))}", change, language)
    else:
        add_artifact(said, title or text(told.get("id")), text(told.get("type")), language, body)
    _add_sources(said, told.get("md_citations"))


def _add_drafts(said: Said, told: Mapping[str, Any]) -> None:
    """The versions of a message that Claude wrote for its reader to send."""
    for one in [*objects(told.get("variants"))] or [told]:
        named = ": ".join(filter(None, ["Draft", text(told.get("summary_title")), text(one.get("label"))]))
        said.block(named, "\n\n".join(filter(None, [text(one.get("subject")), text(one.get("body"))])))


def _add_questions(said: Said, told: Mapping[str, Any]) -> None:
    """What Claude asked with buttons to choose from."""
    for one in objects(told.get("questions")):
        options = one.get("options")
        said.text("\n".join([text(one.get("question")), *(f"- {_label(each)}" for each in _list(options))]))


def _label(option: Any) -> str:
    return text(option) or text(mapping(option).get("label")) or text(mapping(option).get("value"))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _add_result(said: Said, tool: str, block: Mapping[str, Any], called: str) -> None:
    content = block.get("content")
    returned = [content] if isinstance(content, str) else [text(one.get("text")) for one in objects(content)]
    told = "\n\n".join(filter(None, returned))
    name = tool or called
    if block.get("is_error") is True:
        said.tool(name, told or "it failed")
    elif name in _RUNS_CODE and told.strip():
        said.block("Output", told)
    elif not called:
        said.tool(name)
    for one in objects(content):
        kind = text(one.get("type"))
        if kind == "image":
            _add_source_data(said, kind, one)
        elif kind in ("local_resource", "resource", "file"):
            title = text(one.get("name")) or text(one.get("file_path")).rpartition("/")[2]
            said.missing(kind_of(title), title)
    _add_sources(said, content)


def _add_source_data(said: Said, kind: str, block: Mapping[str, Any]) -> None:
    """A picture or a file, with its bytes in the file or without them."""
    source, title = mapping(block.get("source")), text(block.get("title")) or text(block.get("file_name"))
    data = text(source.get("data"))
    if kind == "image" and data:
        said.picture(f"data:{text(source.get('media_type'))};base64,{data}", title)
    elif data and source.get("type") == "text":
        said.block(f"File: {title or 'untitled'}", data, _ending(title))
    else:
        said.missing("Image" if kind == "image" else "File", title)


def _add_sources(said: Said, value: Any) -> None:
    for one in objects(value):
        for place in (one, mapping(one.get("details")), mapping(one.get("metadata")), mapping(one.get("source"))):
            said.source(text(place.get("url")), text(place.get("title")) or text(one.get("title")))


def _add_files(said: Said, message: Mapping[str, Any]) -> None:
    """What was sent along: its text where there is one, or else its name."""
    for one in objects(message.get("attachments")):
        title, body = text(one.get("file_name")), text(one.get("extracted_content"))
        if body:
            said.block(f"File: {title or 'untitled'}", body, _ending(title))
        else:
            said.missing(kind_of(title, text(one.get("file_type"))), title)
    for one in _files(message):
        title = text(one.get("file_name"))
        said.missing("Image" if one.get("file_kind") == "image" else kind_of(title, text(one.get("file_type"))), title)


def _files(message: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    return objects(message.get("files") or message.get("files_v2"))


def _ending(path: str) -> str:
    """The ending of a file's name, as the language of its text."""
    stem, dot, ending = path.rpartition(".")
    return ending.lower() if dot and stem and ending.isalnum() and len(ending) <= 10 and ending != "txt" else ""
