"""Files for the import that are dear to read. Each is made when it is asked for: some have 50 MB."""

import base64
import io
import json
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import Any, Final

from tests.fakes import exports
from tests.fakes.foreign.all import SAMPLES
from tests.fakes.hostile.shapes import NAMED, Shape

File = tuple[str, bytes]  # its name, and what is in it
LARGEST: Final = 48_000_000
TIME: Final = "2026-01-01T00:00:00Z"


def openchat(*texts: str, title: str = "Brought in", **fields: Any) -> bytes:
    """A conversation as this app writes it: questions and answers by turns."""
    messages = [
        {
            "id": f"m{place}",
            "parent_id": f"m{place - 1}" if place else None,
            "role": "assistant" if place % 2 else "user",
            "content": text,
            "created_at": TIME,
            **(fields if place % 2 else {}),
        }
        for place, text in enumerate(texts)
    ]
    return dumps(document(messages, title))


def document(messages: list[dict[str, Any]], title: str = "Brought in") -> dict[str, Any]:
    return {
        "format": "open-chat",
        "version": 1,
        "id": "hostile",
        "title": title,
        "created_at": TIME,
        "updated_at": TIME,
        "active_leaf_id": messages[-1]["id"],
        "messages": messages,
    }


def dumps(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def wide(count: int, deep: bool = False) -> bytes:
    """So many messages: answers to one question, or each below the one before."""
    messages: list[dict[str, Any]] = [{"id": "m0", "role": "user", "content": "Hi", "created_at": TIME}]
    for place in range(1, count):
        parent = f"m{place - 1}" if deep else "m0"
        role = "user" if deep and place % 2 == 0 else "assistant"
        messages.append({"id": f"m{place}", "parent_id": parent, "role": role, "content": "x", "created_at": TIME})
    return dumps(document(messages))


def chatgpt_chain(links: int, content: dict[str, Any], answers: int) -> bytes:
    """Messages with that content below each other, and so many answers on the end of it."""
    nodes: dict[str, Any] = {"root": {"id": "root", "parent": None, "children": [], "message": None}}

    def add(name: str, parent: str, message: dict[str, Any] | None) -> None:
        nodes[name] = {"id": name, "parent": parent, "children": [], "message": message}

    for place in range(links):
        said = (
            {"author": {"role": "assistant"}, "content": content, "create_time": 1.0, "metadata": {}}
            if content
            else None
        )
        add(f"t{place}", f"t{place - 1}" if place else "root", said)
    for place in range(answers):
        text = {"content_type": "text", "parts": ["x"]}
        said = {
            "author": {"role": "assistant"},
            "content": text,
            "create_time": 1.0,
            "metadata": {},
            "recipient": "all",
        }
        add(f"a{place}", f"t{links - 1}" if links else "root", said)
    return dumps([exports.chatgpt() | {"mapping": nodes, "current_node": "a0"}])


def chatgpt_saying(text: str) -> bytes:
    value = exports.chatgpt()
    value["mapping"]["answer"]["message"]["content"]["parts"] = [text]
    return dumps([value])


def openwebui_saying(text: str) -> bytes:
    value = json.dumps(exports.openwebui())
    longest = max(_strings(exports.openwebui()), key=len)
    return b"[" + value.replace(json.dumps(longest), json.dumps(text), 1).encode() + b"]"


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _strings(one)


def zipped(*members: tuple[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return target.getvalue()


def directory(names: int, length: int = 12) -> bytes:
    """A zip of so many empty files, all of which are one and the same in it."""
    entry = bytearray()
    local = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 0, 0, 0, 0, 0, 0, 1, 0) + b"x"
    for number in range(names):
        name = f"{number:0{length}}".encode()
        entry += struct.pack("<4s6H3I5H2I", b"PK\1\2", 20, 20, 0, 0, 0, 0, 0, 0, 0, len(name), 0, 0, 0, 0, 0, 0) + name
    return local + bytes(entry) + _end(names, len(entry), len(local))


def _end(names: int, size: int, offset: int, comment: bytes = b"") -> bytes:
    few = min(names, 0xFFFF)
    return struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, few, few, size, offset, len(comment)) + comment


def hidden_directory(names: int) -> bytes:
    """The same, with small numbers at its end and large ones in a Zip64 record that a long comment hides."""
    whole = directory(names)
    body = whole[: whole.rindex(b"PK\5\6")]
    size = len(body) - 31
    record = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, names, names, size, 31)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, len(body), 1)
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFF)
    return body + record + locator + end + b"x" * 0xFFFF


def png(width: int, height: int, *, colours: int = 0) -> bytes:
    """A picture of one colour, which has few bytes however large it is."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    depth = 3 if colours == 2 else 1
    packer = zlib.compressobj(9)
    row = b"\0" + b"\x55" * (width * depth)
    rows = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = struct.pack(">II5B", width, height, 8, colours, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def with_pictures(data: bytes, count: int, media_type: str = "image/png") -> bytes:
    """A conversation whose answer has so many pictures, all of them the same."""
    coded = base64.b64encode(data).decode()
    pictures = [{"id": f"p{place}", "media_type": media_type, "data": coded} for place in range(count)]
    return openchat("Hi", "Look", pictures=pictures)


def illustrated(characters: int, size: int, count: int) -> bytes:
    """A conversation of so many characters in 20 messages, with so many pictures that cannot be made smaller."""
    made, pictures = _illustrated(characters, size, count)
    for message in made["messages"]:
        for one in message.get("pictures", ()):
            one["data"] = base64.b64encode(pictures[one["id"]]).decode()
    return dumps(made)


def beside(characters: int, size: int, count: int) -> bytes:
    """The same as a zip that has the pictures beside it: so they may be more than one JSON can hold."""
    made, pictures = _illustrated(characters, size, count)
    return zipped(("a.json", dumps(made)), *((f"pictures/{key}.png", data) for key, data in pictures.items()))


def _illustrated(characters: int, size: int, count: int) -> tuple[dict[str, Any], dict[str, bytes]]:
    chance = random.Random(0)
    made = json.loads(openchat(*[chance.randbytes(characters // 45).hex(" ", 4)] * 20))
    pictures = {f"p{place}": b"\x89PNG\r\n\x1a\n" + chance.randbytes(size) for place in range(count)}
    for place, key in enumerate(pictures):
        message = made["messages"][place % 10 * 2 + 1]
        message.setdefault("pictures", []).append({"id": key, "media_type": "image/png"})
    return made, pictures


FILES: Final[dict[str, Callable[[], File]]] = {
    "Open WebUI, 4,000 details": lambda: _json(openwebui_saying('<details type="reasoning">' * 4_000)),
    "Open WebUI, 60,000 details": lambda: _json(openwebui_saying('<details type="reasoning">' * 60_000)),
    "Open WebUI, 60,000 details and ends": lambda: _json(
        openwebui_saying('<details type="reasoning">' * 60_000 + "</details>" * 60_000)
    ),
    "ChatGPT, 150,000 marks": lambda: _json(chatgpt_saying("\ue200" * 150_000)),
    "ChatGPT, 150,000 marks with words": lambda: _json(chatgpt_saying("\ue200cite\ue202" * 150_000)),
    "ChatGPT, 199 thoughts for 5,000 answers": lambda: _json(
        chatgpt_chain(199, {"content_type": "thoughts", "thoughts": [{"summary": "a", "content": "x" * 2_000}]}, 5_000)
    ),
    "ChatGPT, 200,000 skipped": lambda: _json(chatgpt_chain(200_000, {}, 10)),
    "ChatGPT, 100,000 answers": lambda: _json(chatgpt_chain(0, {}, 100_000)),
    "JSON, 16 M lists": lambda: _json(b"[" + b",".join([b"[]"] * 16_000_000) + b"]"),
    "JSON, 12 M objects": lambda: _json(b"[" + b",".join([b"{}"] * 12_000_000) + b"]"),
    "JSON, 20 M numbers in a conversation": lambda: _json(_around(b"1," * 20_000_000 + b"1")),
    "JSON, 15 M lists in a conversation": lambda: _json(_around(b"[]," * 15_000_000 + b"1")),
    "JSON, 4 M names in a conversation": lambda: _json(
        _around(b"{" + b",".join(b'"%d":0' % number for number in range(4_000_000)) + b"}")
    ),
    "JSON, deep": lambda: _json(b"[" * LARGEST),
    "JSON, deep and closed": lambda: _json(b"[" * (LARGEST // 2) + b"]" * (LARGEST // 2)),
    "JSON, deep in a conversation": lambda: _json(_around(b"[" * 1_000_000 + b"]" * 1_000_000)),
    "JSON, a number of 40 M digits": lambda: _json(_around(b"1" * 40_000_000)),
    "JSON, numbers of 4,000 digits": lambda: _json(_around(b",".join([b"1" * 4_000] * 10_000))),
    "JSON, one string": lambda: _json(b'["' + b"x" * LARGEST + b'"]'),
    "JSON, a string that stays open": lambda: _json(b'["' + b"\\" * LARGEST),
    "JSON, escapes": lambda: _json(b'["' + b"\\u0041" * (LARGEST // 6) + b'"]'),
    "JSON, quotes": lambda: _json(b'"' * LARGEST),
    "JSON, spaces": lambda: _json(b" " * LARGEST),
    "JSON, UTF-16": lambda: _json("[{},".encode("utf-16") + "{},".encode("utf-16-le") * 7_000_000),
    "JSON, UTF-16 words": lambda: _json(('["' + "ä" * 20_000_000 + '"]').encode("utf-16")),
    "lines of JSON": lambda: ("chat.jsonl", b"{}\n" * 12_000_000),
    "lines, empty": lambda: ("chat.jsonl", b"\n" * LARGEST),
    "lines of chats": lambda: ("chat.jsonl", b'{"messages":[{"role":"user","content":"x"}]}\n' * 500_000),
    "conversations, 100,000": lambda: _json(b"[" + b",".join(titled(number) for number in range(100_000)) + b"]"),
    "one message of 45 MB": lambda: _json(openchat("Hi", "word " * 9_000_000)),
    "one question of 45 MB": lambda: _json(openchat("word " * 9_000_000, "Hi")),
    "one title of 45 MB": lambda: _json(openchat("Hi", "Hi", title="word " * 9_000_000)),
    "one message without spaces, 45 MB": lambda: _json(openchat("Hi", "x" * 45_000_000)),
    "20 messages of 2 MB": lambda: _json(openchat(*["alpha beta gamma delta " * 90_000] * 20)),
    "a conversation of 20 MB and pictures of 9 MB": lambda: _json(illustrated(18_000_000, 900_000, 10)),
    "a conversation of 4 MB and pictures of 30 MB": lambda: _json(illustrated(4_000_000, 2_900_000, 10)),
    "a conversation of 4 MB and two pictures of 12 MB": lambda: _json(illustrated(4_000_000, 11_900_000, 2)),
    "a conversation of 20 MB and pictures of 30 MB": lambda: (
        "export.zip",
        beside(18_000_000, 1_490_000, 20),
    ),
    "50,000 answers to one question": lambda: _json(wide(50_000)),
    "50,000 messages in a row": lambda: _json(wide(50_000, deep=True)),
    "sources, 100,000": lambda: _json(
        openchat("Hi", "a", sources=[{"url": f"https://a.b/{n}", "title": "x" * 100} for n in range(100_000)])
    ),
    "pictures, 20 Mpx": lambda: _json(with_pictures(png(4_472, 4_472), 1)),
    "pictures, 20 Mpx of three colours": lambda: _json(with_pictures(png(4_472, 4_472, colours=2), 4)),
    "pictures, a bomb": lambda: _json(with_pictures(png(30_000, 30_000), 1)),
    "pictures, wide": lambda: _json(with_pictures(png(20_000_000, 1), 1)),
    "pictures, 1,000": lambda: _json(with_pictures(png(1_000, 1_000), 1_000)),
    "zip, 65,000 files": lambda: ("export.zip", directory(65_000)),
    "zip, 198,000 names": lambda: ("export.zip", directory(198_000, 4)),
    "zip, hidden 800,000 names": lambda: ("export.zip", hidden_directory(800_000)),
    "zip, a bomb of lists": lambda: ("export.zip", zipped(("conversations.json", b"[" + b"[]," * 160_000_000))),
    "zip, a bomb of spaces": lambda: ("export.zip", zipped(("conversations.json", b" " * 490_000_000))),
    "zip, a bomb of one text": lambda: (
        "export.zip",
        zipped(("conversations.json", b"[" + openchat("Hi", "x" * 300_000_000) + b"]")),
    ),
    "zip, 1,000 bombs": lambda: ("export.zip", zipped(*((f"{n}.json", b"[" * 400_000) for n in range(1_000)))),
    "zip, 20,000 conversations": lambda: (
        "export.zip",
        zipped(*((f"{n}.json", openchat("Hi", "x")) for n in range(20_000))),
    ),
    "zip of zips": lambda: ("export.zip", zipped(("a.zip", zipped(("b.zip", zipped(("c.json", b"[" * 100_000_000))))))),
    "HTML, tags": lambda: ("chat.html", b"<div>" * 9_000_000),
    "HTML, open tags": lambda: ("chat.html", b"<a " * 15_000_000),
    "Markdown": lambda: ("chat.md", b"## a\n\n" * 7_000_000),
    "zeros": lambda: ("chat.json", b"\0" * LARGEST),
    "noise": lambda: ("chat.zip", b"PK\5\6" * (LARGEST // 4)),
}


def _json(data: bytes) -> File:
    return "conversations.json", data


def _around(inside: bytes) -> bytes:
    """A conversation with that as the value of something."""
    made = openchat("Hi", "a")
    return made.replace(b'"version":1', b'"version":1,"x":[' + inside + b"]")


def titled(number: int) -> bytes:
    made = document([{"id": "m0", "role": "user", "content": "Hi", "created_at": TIME}])
    return dumps(made | {"id": f"c{number}"})


def foreign(shape: Shape, size: int) -> Iterator[tuple[str, File]]:
    """A file of each other program, whose longest text is a hostile one."""
    for sample in SAMPLES:
        value = json.loads(sample.data) if sample.data[:1] in b"[{" and _is_json(sample.data) else None
        if value is not None:
            longest = max(_strings(value), key=lambda one: (" " in one, len(one)))
            text = json.dumps(shape(size), ensure_ascii=False)
            made = json.dumps(value, ensure_ascii=False).replace(json.dumps(longest, ensure_ascii=False), text, 1)
            yield sample.format, ("conversations.json", made.encode("utf-8", "replace"))


def _is_json(data: bytes) -> bool:
    try:
        json.loads(data)
    except ValueError:
        return False
    return True


# For the thoughts, tags and marks of other programs, which are looked for in texts.
MARKED: Final[dict[str, Shape]] = {
    name: NAMED[name]
    for name in (
        "details, open",
        "details, nested",
        "html attributes, open",
        "private characters",
        "brackets",
        "fences",
    )
}
