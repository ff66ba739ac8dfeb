"""Files of conversations as other programs write them, made by hand after what they document and show."""

import itertools
from typing import Any, Final

NO_PARENT: Final = "00000000-0000-0000-0000-000000000000"


def chatgpt(*, key: str = "c-1", title: str = "Primes") -> dict[str, Any]:
    """A question, thoughts and a tool, an answer, and another answer beside it, which is the one that is shown."""

    def node(name: str, parent: str | None, message: Any = None) -> dict[str, Any]:
        return {"id": name, "parent": parent, "children": [], "message": message}

    def said(role: str, content: Any, **details: Any) -> dict[str, Any]:
        made = {"author": {"role": role}, "content": content, "create_time": 1_700_000_001.5, "metadata": {}}
        return made | {"recipient": "all"} | details

    def text(*parts: Any) -> dict[str, Any]:
        return {"content_type": "text", "parts": list(parts)}

    model = {"metadata": {"model_slug": "gpt-5"}}
    thoughts = {"content_type": "thoughts", "thoughts": [{"summary": "Factors", "content": "7 times 13."}]}
    nodes = [
        node("root", None),
        node("system", "root", said("system", text(""), metadata={"is_visually_hidden_from_conversation": True})),
        node("question", "system", said("user", text("Is 91 prime?"))),
        node("thoughts", "question", said("assistant", thoughts)),
        node("call", "thoughts", said("assistant", {"content_type": "code", "text": "91 % 7"}, recipient="python")),
        node("result", "call", said("tool", {"content_type": "execution_output", "text": "0"})),
        node("answer", "result", said("assistant", text("No: 7 × 13.\ue200cite\ue202turn0search0\ue201"), **model)),
        node("other", "question", said("assistant", text("It is not."), **model)),
        node(
            "picture",
            "other",
            said(
                "user", {"content_type": "multimodal_text", "parts": [{"content_type": "image_asset_pointer"}, "This?"]}
            ),
        ),
        node("hidden", "picture", said("assistant", text(""))),
    ]
    return {
        "conversation_id": key,
        "title": title,
        "create_time": 1_700_000_000.25,
        "update_time": 1_700_000_100.0,
        "mapping": {one["id"]: one for one in nodes},
        "current_node": "hidden",
        "default_model_slug": "gpt-5",
        "is_archived": True,
    }


def claude(*, key: str = "k-1") -> dict[str, Any]:
    """A question with a file, and an answer with thoughts, one below the other."""
    return {
        "uuid": key,
        "name": "Letters",
        "created_at": "2025-03-01T10:00:00.000000Z",
        "updated_at": "2025-03-01T10:05:00.000000Z",
        "account": {"uuid": "a"},
        "chat_messages": [
            {
                "uuid": "k-m1",
                "sender": "human",
                "text": "Read this.",
                "content": [{"type": "text", "text": "Read this."}],
                "created_at": "2025-03-01T10:00:01Z",
                "attachments": [{"file_name": "a.txt", "extracted_content": "Dear aunt,"}],
                "files": [{"file_name": "b.png"}],
            },
            {
                "uuid": "k-m2",
                "sender": "assistant",
                "text": "",
                "content": [
                    {"type": "thinking", "thinking": "An aunt."},
                    {"type": "tool_use", "name": "search", "input": {}},
                    {"type": "text", "text": "A letter."},
                ],
                "created_at": "2025-03-01T10:00:02Z",
            },
        ],
    }


def openwebui(*, key: str = "w-1") -> dict[str, Any]:
    """A question with two answers, of which the second is shown; the first one failed."""
    folded = (
        '<details type="reasoning" done="true" duration="2">\n<summary>Thought for 2 seconds</summary>\n'
        "&gt; Hm &amp; so on.\n</details>\nBlue."
    )
    messages = {
        "q": {"id": "q", "parentId": None, "role": "user", "content": "Which colour?", "timestamp": 1_700_000_000},
        "a1": {"id": "a1", "parentId": "q", "role": "assistant", "content": "", "error": {"content": "No credit."}},
        "a2": {
            "id": "a2",
            "parentId": "q",
            "role": "assistant",
            "content": folded,
            "model": "llama",
            "timestamp": 1_700_000_005,
            "usage": {"prompt_tokens": 4, "completion_tokens": 2},
            "sources": [{"source": {"name": "https://example.org/blue"}}, {"source": {"name": "notes.pdf"}}],
        },
    }
    return {
        "id": key,
        "title": "Colours",
        "created_at": 1_700_000_000,
        "updated_at": 1_700_000_010,
        "pinned": True,
        "archived": False,
        "chat": {
            "models": ["llama"],
            "params": {"system": "Be brief."},
            "history": {"messages": messages, "currentId": "a2"},
            "messages": [],
        },
    }


def librechat(*, key: str = "l-1", recursive: bool = False) -> dict[str, Any]:
    """A question, an answer, and a question whose answer failed."""

    def message(name: str, parent: str, text: str, **details: Any) -> dict[str, Any]:
        is_user = name.startswith("q")
        made = {"messageId": name, "parentMessageId": parent, "text": text, "isCreatedByUser": is_user}
        return made | {"sender": "User" if is_user else "GPT", "createdAt": "2025-01-01T00:00:00.000Z"} | details

    content = [{"type": "think", "think": "Simple."}, {"type": "text", "text": {"value": "Four."}}]
    messages = [
        message("q1", NO_PARENT, "Two and two?"),
        message("a1", "q1", "", content=content, model="gpt-4o"),
        message("q2", "a1", "And three?"),
        message("a2", "q2", "Rate limited.", error=True),
    ]
    if not recursive:
        rest: dict[str, Any] = {"messages": messages, "branches": True, "recursive": False}
    else:
        for above, below in itertools.pairwise(messages):
            above["children"] = [below]
        rest = {"messagesTree": messages[:1], "branches": True, "recursive": True}
    return {"conversationId": key, "endpoint": "openAI", "title": "Sums", "options": {"model": "gpt-4o"}, **rest}
