"""Files that are made to hurt, sent to a real server: their sender hears why they aren't read, nobody else notices."""

import asyncio
import struct
import sys
import time
import zipfile
from collections.abc import Callable
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from tests.documents.test_import_routes import send, words
from tests.fakes import exports
from tests.fakes.app_server import AppServer

MB = 1_000_000
GROWTH = 120 * MB  # of the server while a file is read; each of these took several times that of it
LONGEST = 3.0  # seconds until somebody else's page; each of these took several times that of everybody
PATIENCE = 240.0


@pytest.fixture(scope="module")
def server_environ() -> dict[str, str]:
    return {"MAX_IMPORT_BYTES": str(60 * MB)}


def unclosed() -> bytes:
    value = exports.openwebui()
    for one in value["chat"]["history"]["messages"].values():
        one["content"] = '<details type="reasoning">' * 8_000
    return msgspec.json.encode([value])


def marks() -> bytes:
    value = exports.chatgpt()
    value["mapping"]["answer"]["message"]["content"]["parts"] = ["\ue200" * 150_000, "\ue202turn" + "7" * 100_000]
    return msgspec.json.encode([value])


def thoughts() -> bytes:
    """A long chain of thoughts, and many answers at its end."""
    value = exports.chatgpt()
    nodes, message = value["mapping"], value["mapping"]["thoughts"]["message"]
    said = {**message, "content": {"content_type": "thoughts", "thoughts": [{"content": "x" * 2_000}]}}
    above = "question"
    for number in range(199):
        nodes[f"t{number}"] = {"id": f"t{number}", "parent": above, "message": said}
        above = f"t{number}"
    answer = nodes["answer"]["message"]
    nodes |= {f"a{number}": {"id": f"a{number}", "parent": above, "message": answer} for number in range(5_000)}
    return msgspec.json.encode([value])


def skipped() -> bytes:
    value = exports.chatgpt()
    nodes, above = value["mapping"], "question"
    for number in range(100_000):
        nodes[f"s{number}"] = {"id": f"s{number}", "parent": above, "message": None}
        above = f"s{number}"
    nodes["other"]["parent"] = above
    return msgspec.json.encode([value])


def versions() -> bytes:
    """A long thought before tools, and many versions of what came after them: each of them begins with it."""
    tools = {"role": "assistant", "content": "", "reasoning_content": "x" * MB, "tool_calls": [{"name": "calc"}]}
    answers = [{"model": "m", "messages": [{"role": "assistant", "content": str(number)}]} for number in range(2_000)]
    asked = [{"role": "user", "content": "Why?"}, tools, {"role": "assistant", "responses": answers}]
    return msgspec.json.encode({"chatID": "c", "chatTitle": "Many", "messages": asked})


def brackets() -> bytes:
    return b"[[" + b"[]," * 8_000_000 + b"1]]"


def long_message(words: int) -> bytes:
    value = exports.claude()
    value["chat_messages"][1]["content"] = [{"type": "text", "text": "word " * words}]
    return msgspec.json.encode([value])


def zip64() -> bytes:
    """Small numbers in the record at the end, the longest comment behind it, and a Zip64 that zipfile goes by."""
    entry = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 0, 0, 0, 0, 0, 0, 50, 0, 0, 0, 0, 0, 0)
    directory = b"".join(entry + f"{number:050}".encode() for number in range(300_000))
    end64 = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 20, 20, 0, 0, 300_000, 300_000, len(directory), 4)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, 4 + len(directory), 1)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, 60, 4, 65_535)
    return b"PK\x03\x04" + directory + end64 + locator + end + b" " * 65_535


def many_files() -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number in range(60_000):
            archive.writestr(zipfile.ZipInfo(f"{number:050}.txt"), b"")
    return packed.getvalue()


CAN_COME = "can be brought in"
FILES: dict[str, tuple[Callable[[], bytes], str]] = {
    "marks that never close": (unclosed, CAN_COME),
    "marks of ChatGPT": (marks, CAN_COME),
    "thoughts above many answers": (thoughts, CAN_COME),
    "a chain of nodes that say nothing": (skipped, CAN_COME),
    "a thought before many versions": (versions, "It is larger than 20 MB, its pictures aside."),
    "brackets": (brackets, "It needs more memory than an import may take."),
    "a message of 15 MB": (partial(long_message, 3_000_000), "1 image and 1 part of another kind can't be imported"),
    "a message of 45 MB": (partial(long_message, 9_000_000), "It is larger than 20 MB, its pictures aside."),
    "a Zip64 behind the longest comment": (zip64, "The zip is a Zip64"),
    "a zip of many files": (many_files, "There is no JSON in the zip"),
}


def memory(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))


async def longest_wait(client: httpx.AsyncClient, is_done: asyncio.Event) -> float:
    """The longest that somebody waits for a page meanwhile."""
    longest = 0.0
    while not is_done.is_set():
        began = time.perf_counter()
        assert (await client.get("/login", timeout=PATIENCE)).status_code < 500
        longest = max(longest, time.perf_counter() - began)
        await asyncio.sleep(0.05)
    return longest


async def settled(client: httpx.AsyncClient, address: str) -> str:
    deadline = time.monotonic() + PATIENCE
    while 'aria-busy="true"' in (page := (await client.get(address, timeout=PATIENCE)).text):
        assert time.monotonic() < deadline, words(page)
        await asyncio.sleep(0.2)
    return words(page)


@pytest.mark.skipif(sys.platform != "linux", reason="asks the system for the memory of a process")
@pytest.mark.own_server
@pytest.mark.parametrize("name", FILES)
async def test_nobody_else_notices_a_file_that_is_made_to_hurt(
    server: AppServer, client: httpx.AsyncClient, name: str
) -> None:
    make, told = FILES[name]
    data: Any = make()
    before, is_done = memory(server.pid, "VmRSS"), asyncio.Event()
    waiting = asyncio.create_task(longest_wait(client, is_done))
    response = await send(client, data, "conversations.json")
    assert response.status_code == 303, response.text
    page = await settled(client, response.headers["location"])
    is_done.set()
    assert told.replace("'", "&#39;") in page, page[:2_000]
    assert await waiting < LONGEST
    assert memory(server.pid, "VmHWM") - before < GROWTH
