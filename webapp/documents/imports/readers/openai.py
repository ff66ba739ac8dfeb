"""Messages as the APIs of OpenAI and of all that are like it take them: the common tongue of exporters and data sets.

An object with `messages`, a list of them by itself, or, as for fine-tuning, an object a line.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from webapp.documents.document import Document
from webapp.documents.imports.readers.parts import cited, content, picture, problem, tool_name, tools
from webapp.documents.imports.readers.turns import Turn, Versions, instructions, laid, only_tools, role_of
from webapp.documents.imports.reading import accepts, document, mapping, name, objects, text
from webapp.documents.imports.said import BETWEEN, Said
from webapp.documents.imports.times import Clock, moment

_ROLES: Final = frozenset({"user", "assistant", "system", "developer", "tool", "function"})
_SAYS: Final = ("content", "parts", "tool_calls", "function_call")
_OF_OTHERS: Final = (
    "chatId", "from", "fragments", "mes", "messageId", "thread_id", "threadId", "versions", "contentParts", "blocks",
    "contentChunks", "parentMessageId",
)  # fmt: skip
_TITLES: Final = ("title", "name", "topic", "subject")
_TIMES: Final = ("created_at", "createdAt", "create_time", "created", "timestamp", "date")


def is_message(value: Any) -> bool:
    """Whether it is a message that has nothing which another program's would have."""
    return (
        accepts(value, role=str)
        and value["role"] in _ROLES
        and any(key in value for key in _SAYS)
        and not any(key in value for key in _OF_OTHERS)
    )


def is_openai(value: Any) -> bool:
    """A conversation; the `threads`, `history` or `chat` beside the messages of other programs tell those apart."""
    if isinstance(value, list):
        return any(is_message(one) for one in value)
    if _is_request(value) or _is_preference(value):
        return True
    if not accepts(value, messages=list) or any(
        key in value for key in ("threads", "history", "chat", "chatTitle", "chatID")
    ):
        return False
    has_number = isinstance(value.get("id"), int) and isinstance(value.get("name"), str)
    return any(is_message(one) for one in value["messages"]) and not has_number


def _is_request(value: Any) -> bool:
    """A line of a batch: the `body` of a request."""
    return accepts(value, body=dict, url=str) and accepts(value["body"], messages=list)


def _is_preference(value: Any) -> bool:
    """A line for training by preference: two answers, of which one is better."""
    return accepts(value, input=dict, preferred_output=list) and accepts(value["input"], messages=list)


def split_openai(value: Any) -> Iterator[Any]:
    return iter([value["body"] if _is_request(value) else value])


def read_openai(value: Any) -> Document:
    about = mapping(value)
    within = mapping(about.get("input")) or about
    system, turns = turns_of(value if isinstance(value, list) else within.get("messages"))
    began = _when(about)
    places = [Versions([one]) for one in turns]
    answers = (turns_of(about.get(key))[1] for key in ("preferred_output", "non_preferred_output"))
    places.append(Versions([one for turns_ in answers for one in turns_[:1]]))
    found = laid(places, Clock(began, *(one.when for one in turns)))
    return document(
        name(about.get("id")) or name(about.get("conversationId")) or name(about.get("conversation_id")),
        next((about[key] for key in _TITLES if text(about.get(key))), ""),
        found.messages,
        leaf=found.leaf,
        created_at=began,
        model=text(about.get("model")),
        system_prompt=BETWEEN.join(filter(None, [_instruction(about.get("system")), system])),
    )


def _instruction(system: Any) -> str:
    """A system prompt that stands beside the messages, as Anthropic's API has it."""
    said = Said()
    content(said, system, is_answer=False)
    return said.content


def turns_of(messages: Any) -> tuple[str, Sequence[Turn]]:
    """The system prompt and the turns of a list of messages."""
    return instructions(list(_turns(messages)))


def _turns(messages: Any) -> Iterator[Turn]:
    called = False
    for one in objects(messages):
        if one.get("type") == "function_call" or (one.get("role") in ("tool", "function") and not called):
            said = Said()
            said.tool(tool_name(one) or text(one.get("role")))
            yield Turn("assistant", said, _when(one), goes_on=True)
            called = True
        elif one.get("role") not in ("tool", "function") and one.get("type") != "function_call_output":
            turn = _turn(one)
            called = turn.goes_on or bool(one.get("tool_calls"))
            yield turn


def _turn(message: Mapping[str, Any]) -> Turn:
    said, role = Said(), role_of(message.get("role"))
    if role is None:
        said.missing("Part", text(message.get("role")) or text(message.get("type")))
    said.thought(text(message.get("reasoning_content")) or text(message.get("reasoning")))
    content(said, message.get("parts") or message.get("content"), is_answer=role == "assistant")
    said.text(text(message.get("refusal")))
    for one in objects(message.get("images")):
        picture(said, one)
    if spoken := mapping(message.get("audio")):
        said.missing("Audio")
        said.text(text(spoken.get("transcript")))
    cited(said, message.get("annotations"))
    tools(said, [*objects(message.get("tool_calls")), *objects([message.get("function_call")])])
    model, error = text(message.get("model")), problem(message.get("error"))
    return Turn(role or "assistant", said, _when(message), model, error, only_tools(said), text(message.get("id")))


def _when(value: Mapping[str, Any]) -> datetime | None:
    return next((found for key in _TIMES if (found := moment(value.get(key)))), None)


def is_bare(value: Any) -> bool:
    """A message by itself: all of them in a file are one conversation."""
    return is_message(value)


def split_bare(value: Any) -> Iterator[Any]:
    return iter([[one for one in value if isinstance(one, dict)]])
