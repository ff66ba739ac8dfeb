"""Files with much of the same in them: twice as many messages, versions or pages take twice the time."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from tests.fakes import exports
from tests.fakes.doubling import is_linear
from webapp.documents.imports.records import Bad, conversations


def chain(number: int) -> Any:
    """Nodes that say nothing, each below the one before, and an answer at the end."""
    value = exports.chatgpt()
    above = "question"
    for one in range(number):
        value["mapping"][f"s{one}"] = {"parent": above, "message": None}
        above = f"s{one}"
    value["mapping"]["other"]["parent"] = above
    return value


def thoughts(number: int) -> Any:
    """A chain of thoughts, and as many answers at its end."""
    value = exports.chatgpt()
    nodes, above = value["mapping"], "question"
    for one in range(number):
        nodes[f"t{one}"] = {"parent": above, "message": nodes["thoughts"]["message"]}
        above = f"t{one}"
    nodes |= {f"a{one}": {"parent": above, "message": nodes["answer"]["message"]} for one in range(number)}
    return value


def answers(number: int) -> Any:
    """Tools before an answer, and many versions of it."""
    called = {"role": "assistant", "content": "", "tool_calls": [{"name": "calc"}] * 5}
    versions = [{"model": "m", "messages": [{"role": "assistant", "content": str(one)}]} for one in range(number)]
    asked = [{"role": "user", "content": "Why?"}, called, {"role": "assistant", "responses": versions}]
    return {"chatID": "c", "chatTitle": "Many", "messages": asked}


def forks(number: int) -> Any:
    """Threads, and as many forks of messages that are in none of them."""
    part = [{"type": "text", "text": "Hello"}]
    threads = [
        {"id": f"t{one}", "messages": [{"id": f"m{one}", "role": "user", "contentParts": part}]}
        for one in range(number)
    ]
    first = {"id": "m", "role": "user", "contentParts": part}
    hash_: Any = {f"f{one}": {"lists": []} for one in range(number)}
    return {"id": "x", "messages": [first], "threads": threads, "messageForksHash": hash_}


def topics(number: int) -> Any:
    """Topics, and as many files that belong to none of them."""
    rows = [{"id": f"m{one}", "topicId": f"t{one}", "role": "user", "content": "Hello"} for one in range(number)]
    found = [{"id": f"t{one}", "title": "Much"} for one in range(number)]
    data = {"messages": rows, "topics": found, "files": [{"id": f"f{one}"} for one in range(number)]}
    return {"schemaHash": "x", "data": data}


def parts(number: int) -> Any:
    """Parts of a message with marks in them, and as many pages that marks can be about."""
    value = exports.chatgpt()
    message = value["mapping"]["answer"]["message"]
    message["content"]["parts"] = ["A mark: 【7†source】"] * number
    message["metadata"] = {
        "content_references": [{"matched_text": f"m{one}"} for one in range(number)],
        "citations": [{"start_ix": one, "end_ix": one + 1} for one in range(number)],
    }
    return value


def results(number: int) -> Any:
    """Messages that all name one block, in which there are as many pages."""
    found = [{"url": f"https://example.org/{one}"} for one in range(number)]
    block = {"id": "b", "type": "citation", "response": {"results": found}}
    messages = [{"id": f"m{one}", "role": "assistant", "blocks": ["b"], "content": "Hello"} for one in range(number)]
    topics = [{"id": "t", "messages": messages}]
    return {"localStorage": {}, "indexedDB": {"topics": topics, "message_blocks": [block]}}


def fragments(number: int) -> Any:
    """Pieces of an answer, and as many pages that were found."""
    said = [{"type": "RESPONSE", "content": "[citation:1]"}] * number
    found = [{"url": f"https://example.org/{one}", "cite_index": one} for one in range(number)]
    message = {"fragments": [*said, {"type": "SEARCH", "results": found}]}
    return {"id": "d", "inserted_at": "", "mapping": {"1": {"parent": None, "message": message}}}


@pytest.mark.parametrize(
    ("made", "number"),
    [
        (chain, 20_000),
        (thoughts, 1_000),
        (answers, 2_000),
        (forks, 1_500),
        (topics, 1_000),
        (parts, 1_500),
        (results, 1_200),
    ],
)
def test_twice_as_much_takes_twice_the_time(made: Callable[[int], Any], number: int) -> None:
    values = {size: msgspec.json.encode(made(size)) for size in (number, 2 * number)}
    assert len(list(conversations([values[number]]))) > 0
    assert is_linear(lambda size: list(conversations([values[size]])), number)


def test_many_tools_before_many_versions_are_no_work_of_their_product() -> None:
    value = answers(20_000)
    value["messages"][1]["tool_calls"] = [{"name": f"calc {one}"} for one in range(20_000)]
    (found,) = conversations([msgspec.json.encode(value)])
    assert isinstance(found, Bad)
    assert "larger than 20 MB" in str(found.error)
