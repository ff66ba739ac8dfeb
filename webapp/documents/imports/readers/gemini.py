"""Gemini out of Google Takeout: "My Activity" as JSON, a list of prompts with their answers, the newest first.

A prompt doesn't say which conversation it belongs to, unless its address does. The others become conversations as
they were made: prompts that follow each other within half an hour are one.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from webapp.documents.document import Document
from webapp.documents.imports.readers.html_text import markdown
from webapp.documents.imports.readers.parts import attached
from webapp.documents.imports.readers.turns import Turn, in_time, in_turn
from webapp.documents.imports.reading import accepts, document, made_id, mapping, objects, text
from webapp.documents.imports.said import BETWEEN, Said
from webapp.documents.imports.times import Clock, moment

PAUSE: Final = timedelta(minutes=30)  # after which a prompt begins another conversation

# Titles begin with what was done, in the language of the account. Those in others are left as they are.
_VERB: Final = re.compile(r"^(?:Prompted|Asked|Said)(?: with:| Gemini:| Bard:)? ")
_OTHER: Final = re.compile("(?:Added|Created|Deleted|Gave|Selected|Shared|Updated|Used|Viewed|Visited) ")
_ADDRESS: Final = re.compile(r"gemini\.google\.com/(?:app|gem|share)/(?:c/)?([\w-]{1,100})")
_ATTACHED: Final = re.compile(r"Attached \d+ files?\.?")


def is_gemini(value: Any) -> bool:
    if not accepts(value, title=str, time=str):
        return False
    products = value.get("products")
    named = [value.get("header"), *(products if isinstance(products, list) else ())]
    return any("gemini" in one.lower() or "bard" in one.lower() for one in named if isinstance(one, str))


def split_gemini(value: Any) -> Iterator[Any]:
    """The conversations that a list of activities was, oldest first, each with its own and the id that it is given."""
    groups, began, last = dict[str, list[Any]](), "", datetime.min.replace(tzinfo=UTC)
    for activity in in_time(reversed([one for one in value if is_gemini(one)]), "time"):
        when = moment(activity["time"]) or last
        address = _ADDRESS.search(text(activity.get("titleUrl")))
        if address is None:
            if not began or when - last > PAUSE:
                began = made_id("sitting", when.isoformat())
            last = when
        groups.setdefault(made_id("address", address[1]) if address else began, []).append(activity)
    return ({"key": key, "activities": group} for key, group in groups.items())


def read_gemini(value: Any) -> Document:
    times = [when for one in value["activities"] if (when := moment(one["time"]))]
    turns = (turn for one in value["activities"] for turn in _turns(one))
    return document(value["key"], "", in_turn(turns, Clock(*times)), created_at=min(times, default=None))


def _turns(activity: Mapping[str, Any]) -> Iterator[Turn]:
    """A prompt and its answer. Of what was only done, as to like an answer, its name stays."""
    asked, answer, when = Said(), Said(), moment(activity["time"])
    details = {text(one.get("name")): text(one.get("value")) for one in objects(activity.get("details"))}
    for one in objects(activity.get("safeHtmlItem")):
        answer.text(markdown(text(one.get("html"))))
    answer.text(details.get("Response", ""))
    if details.get("Request"):
        asked.text(details["Request"])
    elif activity.get("userInteractions"):
        pass  # the title says only that there are some
    elif _OTHER.match(activity["title"]) and answer.is_empty:
        answer.missing("Part", activity["title"])
    else:
        asked.text(_VERB.sub("", activity["title"], count=1))
    for one in objects(activity.get("userInteractions")):
        inner = mapping(one.get("userInteraction"))
        asked.text(_within(inner.get("request")))
        answer.text(_within(inner.get("response")))
    named = set[str]()
    for one in objects(activity.get("subtitles")):
        label = text(one.get("name")).lstrip("- ").strip()
        named.add(text(one.get("url")))
        if label and not _ATTACHED.fullmatch(label):
            attached(asked, {"name": label})
    for title in dict.fromkeys(_files(activity)):
        if title not in named:
            attached(asked, {"name": title})
    yield Turn("user", asked, when)
    yield Turn("assistant", answer, when)


def _files(activity: Mapping[str, Any]) -> Iterator[str]:
    """The files that lie beside an activity."""
    for key in ("imageFile", "attachedFiles", "audioFiles"):
        value = activity.get(key)
        yield from filter(None, map(text, value if isinstance(value, list) else [value]))


def _within(value: Any) -> str:
    """The words of a request or a response, which stand in JSON within JSON."""
    try:
        value = msgspec.json.decode(value) if isinstance(value, str) else value
    except (msgspec.DecodeError, RecursionError):
        return text(value)
    parts = value if isinstance(value, list) else [value]
    return BETWEEN.join(words for one in parts if (words := text(one) or text(mapping(one).get("text"))))


def is_gemini_chat(value: Any) -> bool:
    """A conversation of "Conversation History", as Takeout has it for accounts of organisations."""
    return accepts(value, conversation_turns=list)


def read_gemini_chat(value: Any) -> Document:
    began = moment(value.get("creation_time"))
    turns = (turn for one in objects(value["conversation_turns"]) for turn in _chat_turns(one))
    return document(
        made_id("chat", began.isoformat(), text(value.get("title"))) if began else None,
        value.get("title"),
        in_turn(turns, Clock(began)),
        created_at=began,
        updated_at=moment(value.get("last_modification_time")),
    )


def _chat_turns(turn: Mapping[str, Any]) -> Iterator[Turn]:
    asked, answered = mapping(turn.get("user_turn")), mapping(turn.get("system_turn"))
    question, answer = Said(), Said()
    question.text(text(asked.get("prompt")))
    for one in objects(answered.get("model_thoughts")):
        answer.thought("\n\n".join(filter(None, [text(one.get("headline")), text(one.get("description"))])))
    for one in objects(answered.get("text")):
        answer.text(text(one.get("data")))
        for card in objects(one.get("cards")):
            answer.text(text(card.get("content")))
    images = answered.get("images")
    for one in images if isinstance(images, list) else ():
        answer.missing("Image", text(one))
    yield Turn("user", question, moment(asked.get("turn_last_modified")))
    yield Turn("assistant", answer, moment(answered.get("turn_last_modified")))
