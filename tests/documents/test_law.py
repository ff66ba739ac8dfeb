"""Nothing of a file vanishes without a mark: exports of each program, made at random, and what is read of them."""

from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.exports import NO_PARENT
from tests.fakes.law import Held, check, read

LAW = settings(deadline=None, max_examples=150, derandomize=True)

WORDS: Final = st.from_regex(r"[a-zäß][a-zäß0-9 *_#$|<&-]{0,30}[a-zäß.?]", fullmatch=True)
NAMES: Final = st.from_regex(r"[a-z][a-z0-9_-]{1,6}( [a-z0-9_-]{1,6})?", fullmatch=True)
ADDRESSES: Final = st.from_regex(r"https://example\.org/[a-z0-9]{1,8}", fullmatch=True)
Part = tuple[Any, Held]  # as the file has it, and what has to be found of it


def joined(role: str, parts: list[Part]) -> Held:
    """All that is to be found of one message."""
    held = [one for _, one in parts]
    return Held(
        role,
        words=[word for one in held for word in one.words],
        thoughts=[thought for one in held for thought in one.thoughts],
        named=[name for one in held for name in one.named],
        sources=[source for one in held for source in one.sources],
        pictures=sum(one.pictures for one in held),
    )


def several(kinds: list[st.SearchStrategy[Part]]) -> st.SearchStrategy[list[Part]]:
    return st.lists(st.one_of(kinds), min_size=1, max_size=5)


def turns(answer: list[st.SearchStrategy[Part]], question: list[st.SearchStrategy[Part]]) -> Any:
    """Questions with their answers, each the parts of which it is made."""
    return st.lists(st.tuples(several(question), several(answer)), min_size=1, max_size=4)


# ChatGPT


def node_text(words: str) -> dict[str, Any]:
    return {"content": {"content_type": "text", "parts": [words]}}


def chatgpt_cited(words: str, name: str, url: str) -> Part:
    mark, entity = "\ue200cite\ue202turn0search0\ue201", f'\ue200entity\ue202["city","{name}","a place"]\ue201'
    link = f"\ue200url\ue202{name}\ue202{url}\ue201"
    reference = {"matched_text": mark, "type": "grouped_webpages", "items": [{"title": name, "url": url}]}
    node = node_text(f"{words} {entity} {link} {mark}")
    return node | {"metadata": {"content_references": [reference]}}, Held("", [words, name, name], sources=[url])


def chatgpt_old(words: str, url: str) -> Part:
    node = node_text(f"{words}【7†source】")
    return node | {"metadata": {"citations": [{"metadata": {"url": url, "title": ""}}]}}, Held(
        "", [words], sources=[url]
    )


def chatgpt_python(words: str) -> Part:
    return {
        "recipient": "python",
        "content": {"content_type": "code", "language": "unknown", "text": words},
    }, Held("", [words])


def chatgpt_tool(role: str, content: dict[str, Any], held: Held) -> Part:
    return {"author": {"role": role, "name": "a.tool"}, "content": content}, held


CHATGPT_ANSWER: Final[list[st.SearchStrategy[Part]]] = [
    WORDS.map(lambda words: (node_text(words), Held("", [words]))),
    st.builds(chatgpt_cited, WORDS, NAMES, ADDRESSES),
    st.builds(chatgpt_old, WORDS, ADDRESSES),
    WORDS.map(chatgpt_python),
    WORDS.map(
        lambda words: ({"content": {"content_type": "reasoning_recap", "content": words}}, Held("", thoughts=[words]))
    ),
    WORDS.map(
        lambda words: (
            {"content": {"content_type": "thoughts", "thoughts": [{"summary": "", "content": words}]}},
            Held("", thoughts=[words]),
        )
    ),
    WORDS.map(
        lambda words: chatgpt_tool("tool", {"content_type": "execution_output", "text": words}, Held("", [words]))
    ),
    WORDS.map(
        lambda words: chatgpt_tool(
            "tool", {"content_type": "system_error", "name": "Trouble", "text": words}, Held("", named=["Trouble"])
        )
    ),
    st.just(
        chatgpt_tool(
            "tool",
            {"content_type": "multimodal_text", "parts": [{"content_type": "image_asset_pointer"}]},
            Held("", named=["Image not imported"]),
        )
    ),
    NAMES.map(lambda name: ({"recipient": name, **node_text("{}")}, Held("", named=[name.strip()]))),
    WORDS.map(lambda words: ({"recipient": "bio", **node_text(words)}, Held("", named=[" ".join(words.split())]))),
    st.builds(
        lambda name, words: (
            {
                "recipient": "canmore.create_textdoc",
                **node_text(f'{{"name": "{name}", "type": "document", "content": "{words}"}}'),
            },
            Held("", [words], named=[name]),
        ),
        NAMES,
        WORDS,
    ),
    WORDS.map(lambda words: (node_text(f':::writing{{variant="email"}}\n{words}\n:::\n'), Held("", [words]))),
    st.just(({"content": {"content_type": "new_thing"}}, Held("", named=["new thing"]))),
    st.just(
        ({"content": {"content_type": "text", "parts": [{"content_type": "odd_pointer"}]}}, Held("", named=["odd"]))
    ),
]
CHATGPT_QUESTION: Final[list[st.SearchStrategy[Part]]] = [
    WORDS.map(lambda words: (node_text(words), Held("", [words]))),
    st.builds(
        lambda words, name: (
            node_text(words) | {"metadata": {"attachments": [{"name": f"{name}.pdf"}]}},
            Held("", [words], named=[f"{name}.pdf"]),
        ),
        WORDS,
        NAMES,
    ),
    WORDS.map(
        lambda words: (
            {"content": {"content_type": "multimodal_text", "parts": [{"content_type": "image_asset_pointer"}, words]}},
            Held("", [words], named=["Image not imported"]),
        )
    ),
]


@LAW
@given(turns(CHATGPT_ANSWER, CHATGPT_QUESTION))
def test_chatgpt(made: list[tuple[list[Part], list[Part]]]) -> None:
    nodes, held, above = dict[str, Any](), list[Held](), "root"
    for question, answer in made:
        for role, parts in (("user", question[:1]), ("assistant", answer)):
            for node, part in parts:
                key = f"n{len(nodes)}"
                message = {"author": {"role": role}, "recipient": "all", "metadata": {}} | node
                nodes[key] = {"id": key, "parent": above, "message": message}
                held.append(part._replace(role=role))
                above = key
    check(read({"conversation_id": "c", "title": "T", "mapping": nodes, "current_node": above}).document, held)


# Claude


def claude_artifact(name: str, words: str) -> Part:
    told = {"command": "create", "type": "text/html", "title": name, "content": words}
    return {"type": "tool_use", "name": "artifacts", "input": told}, Held("", [words], named=[name])


def claude_old_artifact(name: str, words: str) -> Part:
    opening = f'<antArtifact identifier="a" type="text/markdown" title="{name}">'
    tags = f"<antThinking>x</antThinking>{opening}{words}</antArtifact>"
    return {"type": "text", "text": tags}, Held("", [words], thoughts=["x"], named=[name])


CLAUDE_ANSWER: Final[list[st.SearchStrategy[Part]]] = [
    WORDS.map(lambda words: ({"type": "text", "text": words}, Held("", [words]))),
    WORDS.map(lambda words: ({"type": "thinking", "thinking": words}, Held("", thoughts=[words]))),
    st.builds(claude_artifact, NAMES, WORDS),
    st.builds(claude_old_artifact, NAMES, WORDS),
    NAMES.map(lambda name: ({"type": "tool_use", "name": name, "input": {}}, Held("", named=[name.strip()]))),
    WORDS.map(
        lambda words: (
            {"type": "tool_result", "name": "a", "is_error": True, "content": [{"type": "text", "text": words}]},
            Held("", named=["Tool failed: a", " ".join(words.split())]),
        )
    ),
    st.builds(
        lambda url, name: (
            {
                "type": "tool_result",
                "name": "web_search",
                "content": [{"type": "knowledge", "title": name, "url": url}],
            },
            Held("", sources=[url]),
        ),
        ADDRESSES,
        NAMES,
    ),
    st.builds(
        lambda words, url: (
            {"type": "text", "text": words, "citations": [{"details": {"url": url}}]},
            Held("", [words], sources=[url]),
        ),
        WORDS,
        ADDRESSES,
    ),
    st.just(
        (
            {"type": "image", "source": {"media_type": "image/png", "data": "iVBORw0KGgo="}},
            Held("", pictures=1),
        )
    ),
    st.just(({"type": "image", "source": {"type": "file"}}, Held("", named=["Image not imported"]))),
    WORDS.map(
        lambda words: (
            {"type": "tool_use", "name": "create_file", "input": {"path": "/a/b.py", "file_text": words}},
            Held("", [words], named=["b.py"]),
        )
    ),
    st.just(({"type": "new_thing"}, Held("", named=["new thing"]))),
]


@LAW
@given(turns(CLAUDE_ANSWER, CLAUDE_ANSWER[:1]), NAMES, WORDS)
def test_claude(made: list[tuple[list[Part], list[Part]]], name: str, words: str) -> None:
    rows, held = list[Any](), list[Held]()
    for question, answer in made:
        files = {
            "attachments": [{"file_name": f"{name}.txt", "extracted_content": words}, {"file_name": f"{name}.bin"}],
            "files": [{"file_name": f"{name}.png"}],
        }
        sent = joined("human", question)
        rows += [
            {"uuid": f"m{len(rows)}", "sender": "human", "content": [part for part, _ in question], **files},
            {"uuid": f"m{len(rows) + 1}", "sender": "assistant", "content": [part for part, _ in answer]},
        ]
        held.append(
            sent._replace(role="user", words=[*sent.words, words], named=[f"{name}.{x}" for x in ("txt", "bin", "png")])
        )
        held.append(joined("assistant", answer))
    check(read({"uuid": "c", "name": "T", "chat_messages": rows}).document, held)


# Open WebUI


def folded(kind: str, attributes: str, body: str) -> str:
    return f'<details type="{kind}" done="true"{attributes}>\n<summary>Done</summary>\n{body}\n</details>\n'


OPENWEBUI_ANSWER: Final[list[st.SearchStrategy[Part]]] = [
    WORDS.map(lambda words: (words, Held("", [words.replace("&", "&")]))),
    WORDS.map(
        lambda words: (folded("reasoning", "", f"&gt; {words.replace('&', '&amp;')}"), Held("", thoughts=[words]))
    ),
    NAMES.map(
        lambda name: (
            folded("tool_calls", f' name="{name}" arguments="&quot;{{}}&quot;"', ""),
            Held("", named=[name.strip()]),
        )
    ),
    WORDS.map(
        lambda words: (
            folded("code_interpreter", ' output="&quot;42&quot;"', f"```python\n{words.replace('&', '&amp;')}\n```"),
            Held("", [words, "42"]),
        )
    ),
]
OPENWEBUI_BESIDE: Final[list[st.SearchStrategy[Part]]] = [
    st.builds(
        lambda name, words: (
            ("files", {"type": "file", "name": name, "file": {"data": {"content": words}}}),
            Held("", [words], named=[name.strip()]),
        ),
        NAMES,
        WORDS,
    ),
    NAMES.map(lambda name: (("files", {"type": "file", "name": name}), Held("", named=[name.strip()]))),
    NAMES.map(lambda name: (("files", {"type": "image", "name": name, "url": "x"}), Held("", named=[name.strip()]))),
    st.just((("files", {"type": "image", "url": "data:image/png;base64,iVBORw0KGgo="}), Held("", pictures=1))),
]
OPENWEBUI_SOURCE: Final[list[st.SearchStrategy[Part]]] = [
    ADDRESSES.map(
        lambda url: (
            ("sources", {"source": {"name": "a query"}, "metadata": [{"source": url}]}),
            Held("", sources=[url]),
        )
    ),
    ADDRESSES.map(lambda url: (("sources", {"source": {"name": url}}), Held("", sources=[url]))),
    NAMES.map(lambda name: (("sources", {"source": {"name": name}}), Held("", named=[name.strip()]))),
]


@LAW
@given(
    turns(OPENWEBUI_ANSWER, OPENWEBUI_ANSWER[:1]),
    st.lists(st.one_of(OPENWEBUI_BESIDE), max_size=3),
    st.lists(st.one_of(OPENWEBUI_SOURCE), max_size=3),
)
def test_open_webui(made: list[tuple[list[Part], list[Part]]], files: list[Part], sources: list[Part]) -> None:
    rows, held, above = dict[str, Any](), list[Held](), None
    for question, answer in made:
        for role, parts in (("user", question), ("assistant", answer)):
            key, beside = f"m{len(rows)}", [*files, *(sources if role == "assistant" else [])]
            content = "\n\n".join(part for part, _ in parts)
            rows[key] = {"id": key, "parentId": above, "role": role, "content": content}
            for kind in ("files", "sources"):
                rows[key][kind] = [one for (what, one), _ in beside if what == kind]
            held.append(joined(role, [*parts, *beside]))
            above = key
    chat = {"title": "T", "history": {"messages": rows, "currentId": above}}
    check(read({"chat": chat, "created_at": 1_700_000_000}).document, held)


# LibreChat


LIBRECHAT_ANSWER: Final[list[st.SearchStrategy[Part]]] = [
    WORDS.map(lambda words: ({"type": "text", "text": {"value": words}}, Held("", [words]))),
    WORDS.map(
        lambda words: ({"type": "text", "text": f"{words} \ue202turn0search0 \\ue202turn0news1"}, Held("", [words]))
    ),
    WORDS.map(lambda words: ({"type": "think", "think": words}, Held("", thoughts=[words]))),
    NAMES.map(
        lambda name: ({"type": "tool_call", "tool_call": {"name": name, "args": "{}"}}, Held("", named=[name.strip()]))
    ),
    st.builds(
        lambda name, words: (
            {
                "type": "text",
                "text": f':::artifact{{identifier="a" type="text/html" title="{name}"}}\n```html\n{words}\n```\n:::\n',
            },
            Held("", [words], named=[name]),
        ),
        NAMES,
        WORDS,
    ),
    WORDS.map(
        lambda words: ({"type": "text", "text": f":::thinking\n{words}\n:::\n"}, Held("", thoughts=[words.strip()]))
    ),
    NAMES.map(lambda name: ({"type": "image_file", "image_file": {"filename": name}}, Held("", named=[name.strip()]))),
    st.just(({"type": "new_thing"}, Held("", named=["new thing"]))),
    WORDS.map(lambda words: ({"type": "error", "error": words}, Held("", named=[words]))),
]


@LAW
@given(turns(LIBRECHAT_ANSWER, LIBRECHAT_ANSWER[:1]), NAMES, ADDRESSES)
def test_librechat(made: list[tuple[list[Part], list[Part]]], name: str, url: str) -> None:
    rows, held, above = list[Any](), list[Held](), NO_PARENT
    pages = {"type": "web_search", "web_search": {"organic": [{"link": url, "title": name}]}}
    for question, answer in made:
        for is_user, parts in ((True, question), (False, answer)):
            row = {"messageId": f"m{len(rows)}", "parentMessageId": above, "isCreatedByUser": is_user, "text": ""}
            beside = {"files": [{"filename": f"{name}.pdf"}]} if is_user else {"attachments": [pages]}
            rows.append(row | {"content": [part for part, _ in parts]} | beside)
            one = joined("user" if is_user else "assistant", parts)
            held.append(
                one._replace(
                    named=[*one.named, *([f"{name}.pdf"] if is_user else [])], sources=[] if is_user else [url]
                )
            )
            above = f"m{len(rows) - 1}"
    check(read({"conversationId": "c", "title": "T", "messages": rows}).document, held)
