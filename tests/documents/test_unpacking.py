"""What is read of a file that somebody sent, and what of a hostile one."""

import struct
import zipfile
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.fakes import exports
from tests.fakes.documents import ASKED, document, message
from webapp.conversations.messages import Source
from webapp.documents.document import Document, DocumentPicture
from webapp.documents.imports import items as module
from webapp.documents.imports import unpacking
from webapp.documents.imports.items import Item, items
from webapp.documents.imports.unpacking import FileError, open_package

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40
LIMIT = 10_000_000


def read(path: Path, limit: int = LIMIT) -> list[Item]:
    with open_package(path, limit=limit) as package:
        return list(items(package, limit=limit))


def refused(path: Path, limit: int = LIMIT) -> str:
    with pytest.raises(FileError) as caught:
        read(path, limit)
    return str(caught.value)


def zipped(path: Path, files: dict[str, Any]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, value in files.items():
            archive.writestr(name, value if isinstance(value, bytes) else msgspec.json.encode(value))
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sent"


def test_a_list_gives_the_good_ones_and_the_reasons_for_the_others(path: Path) -> None:
    broken = exports.chatgpt(key="c-2", title="Rings")
    broken["mapping"]["call"]["parent"] = "call"
    path.write_bytes(msgspec.json.encode([exports.chatgpt(), broken, exports.claude(), {"what": "ever"}]))
    found = read(path)
    assert [(one.title.partition(" isn't")[0], one.format, len(one.messages)) for one in found] == [
        ("Primes", "chatgpt", 4),
        ("Rings", "", 0),
        ("Letters", "claude", 2),
        ("1 other entry", "", 0),
    ]
    assert "ring" in found[1].remark
    assert found[3].is_note
    assert [one.document is None for one in found] == [False, True, False, True]


def test_a_file_that_breaks_off_gives_what_came_before(path: Path) -> None:
    path.write_bytes(msgspec.json.encode([exports.chatgpt(), exports.claude()])[:-20])
    assert [one.document is None for one in read(path)] == [False, True]


def test_of_a_zip_the_conversations_are_read_and_nothing_else(path: Path) -> None:
    zipped(path, {"user.json": {"id": "u"}, "x/conversations.json": [exports.chatgpt()], "chat.html": b"<p>"})
    assert [one.title for one in read(path) if not one.is_note] == ["Primes"]


def test_numbered_files_belong_together(path: Path) -> None:
    parts = {f"conversations-{n:03}.json": [exports.chatgpt(key=f"c{n}")] for n in range(3)}
    assert [one.source_id for one in read(zipped(path, parts))] == ["c0", "c1", "c2"]


def test_pictures_beside_a_document_come_along_and_others_are_told_of(path: Path) -> None:
    pictures = tuple(DocumentPicture(id=name, media_type="image/png") for name in ("good", "bad", "missing"))
    made = document(ASKED, message(2, 1, "assistant", "Look.", pictures=pictures))
    zipped(path, {"me/a.json": made, "me/pictures/good.png": PNG, "me/pictures/bad.png": b"<svg onload=x>"})
    (item,) = read(path)
    stored = msgspec.json.decode(item.document or b"", type=Document)
    assert [one.data for one in stored.messages[1].pictures] == [PNG]
    assert "2 of its pictures" in item.remark


def test_a_broken_file_in_a_zip_costs_itself_alone(path: Path) -> None:
    zipped(path, {"a.json": exports.chatgpt(), "b.json": exports.claude()})
    with zipfile.ZipFile(path) as archive:
        place = archive.getinfo("a.json").header_offset + 30 + len("a.json")
    data = bytearray(path.read_bytes())
    data[place + 50 : place + 80] = bytes(30)
    path.write_bytes(data)
    assert [(one.title, one.document is None) for one in read(path)] == [("a", True), ("Letters", False)]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"Dear aunt,", "Nothing in this file could be read"),
        (b"[]", "Nothing in this file could be read"),
        (b"", "Nothing in this file could be read"),
        (b"PK\x03\x04" + b"x" * 100, "cut off"),
        (b"PK\x05\x06" + bytes(18), "no JSON"),
    ],
)
def test_what_is_no_such_file_is_refused_with_a_reason(path: Path, data: bytes, reason: str) -> None:
    path.write_bytes(data)
    assert reason in refused(path)


def test_a_zip_that_unpacks_to_far_too_much_is_not_unpacked(path: Path) -> None:
    zipped(path, {"conversations.json": b"[" + b" " * 20_000_000})
    assert "two hundred times" in refused(path, limit=10**9)


def test_what_a_zip_unpacks_to_is_counted(path: Path) -> None:
    zipped(path, {f"{number}.json": exports.chatgpt() for number in range(10)})
    assert "more than 0 MB" in refused(path, limit=10_000)


def test_a_long_list_of_files_is_not_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "MAX_DIRECTORY", 100)
    zipped(path, {f"{number}.json": {} for number in range(10)})
    assert "list of files" in refused(path)


def test_a_zip_that_says_that_it_is_larger_is_refused(path: Path) -> None:
    zipped(path, {"a.json": exports.claude()})
    data = path.read_bytes()
    end = data.rfind(b"PK\x05\x06")
    path.write_bytes(data[:end] + struct.pack("<4sLQL", b"PK\x06\x07", 0, 0, 1) + data[end:])
    assert "Zip64" in refused(path)


def test_a_zip64_behind_the_longest_comment_is_refused_and_its_list_not_read(path: Path) -> None:
    """Where `zipfile` sees it, further from the end than a record and the longest comment are long."""
    zipped(path, {"a.json": exports.claude()})
    data = path.read_bytes()
    end = data.rfind(b"PK\x05\x06")
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, 0, 1)
    path.write_bytes(data[:end] + locator + data[end:-2] + struct.pack("<H", 65_535) + b" " * 65_535)
    assert "Zip64" in refused(path)


def test_a_comment_is_passed_over(path: Path) -> None:
    data = zipped(path, {"a.json": exports.claude()}).read_bytes()
    path.write_bytes(data[:-2] + struct.pack("<H", 9) + b"PK\x05 or so")
    assert [one.title for one in read(path)] == ["Letters"]


def test_what_is_behind_the_end_of_a_zip_is_not_passed_over(path: Path) -> None:
    data = zipped(path, {"a.json": exports.claude()}).read_bytes()
    path.write_bytes(data + b"something else")
    assert "behind the end" in refused(path)


def test_files_that_lie_over_each_other_are_not_unpacked(path: Path) -> None:
    """One file with many names: little to send, and much to unpack."""
    zipped(path, {"a.json": exports.claude()})
    data = path.read_bytes()
    start, end = data.find(b"PK\x01\x02"), data.rfind(b"PK\x05\x06")
    entries = data[start:end] + data[start:end].replace(b"a.json", b"b.json")
    last = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 2, 2, len(entries), start, 0)
    path.write_bytes(data[:start] + entries + last)
    assert "over each other" in refused(path)


def test_too_many_files_in_a_zip_are_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "MAX_FILES", 9)
    zipped(path, {f"{number}.json": {} for number in range(10)})
    assert "more than 9 files" in refused(path)


@pytest.mark.parametrize("kind", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_is_packed_as_no_export_is_not_unpacked(path: Path, kind: int) -> None:
    with zipfile.ZipFile(path, "w", kind) as archive:
        archive.writestr("a.json", msgspec.json.encode([exports.claude()]))
    assert [(one.title, one.remark) for one in read(path)] == [("a", "It is broken or encrypted in the zip.")]


def test_of_a_file_that_breaks_off_in_a_zip_comes_what_is_before(path: Path) -> None:
    rows = [exports.claude(key=f"k{number}") for number in range(2_000)]
    for number, row in enumerate(rows):
        row["name"] = f"{number * 7_919:x}" * 20
    zipped(path, {"conversations.json": rows})
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 200] = bytes(200)
    path.write_bytes(data)
    found = [one for one in read(path) if not one.is_note]
    assert found[-1].remark == "It is broken or encrypted in the zip."
    assert found[0].document is not None


def test_names_in_a_zip_lead_nowhere(path: Path) -> None:
    zipped(path, {"../../../tmp/evil/conversations.json": [exports.claude()], "/etc/pictures/x.png": PNG})
    before = set(path.parent.iterdir())
    assert [one.title for one in read(path)] == ["Letters"]
    assert set(path.parent.iterdir()) == before


def test_too_many_conversations_are_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webapp.documents.imports.items.MAX_ITEMS", 3)
    path.write_bytes(b"[" + b"{}," * 5 + b"]")
    assert "more than 3" in refused(path)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"7z\xbc\xaf\x27\x1c" + bytes(50), "This is a 7z archive"),
        (b"\x1f\x8b\x08" + bytes(50), "This is a gzip archive"),
        (b"\xef\xbb\xbf<!DOCTYPE html><html>{}</html>", "Send conversations.json"),
        (b"  <html>", "This is a web page"),
        (b"%PDF-1.7", "This is a PDF"),
    ],
)
def test_a_file_of_another_kind_is_named_for_what_it_is(path: Path, data: bytes, reason: str) -> None:
    path.write_bytes(data)
    assert reason in refused(path)


@pytest.mark.parametrize(
    ("name", "reason"), [("a/all.zip", "another archive, all.zip"), ("chat.html", "a web page"), ("a.txt", "no JSON")]
)
def test_a_zip_without_json_says_what_is_in_it(path: Path, name: str, reason: str) -> None:
    assert reason in refused(zipped(path, {name: b"x"}))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_a_file_in_another_encoding_is_read(path: Path, encoding: str) -> None:
    path.write_bytes(msgspec.json.encode([exports.claude()]).decode().encode(encoding))
    assert [one.title for one in read(path)] == ["Letters"]


def test_what_is_no_json_is_said_once(path: Path) -> None:
    path.write_bytes(b"{a: 1}\n{b: 2}\n")
    assert refused(path).count("valid JSON") == 1


def test_a_conversation_without_a_title_has_its_place_in_the_file(path: Path) -> None:
    empty = exports.claude() | {"chat_messages": []}
    path.write_bytes(b"\n".join([msgspec.json.encode(exports.claude()), msgspec.json.encode(empty), b"{a: 1}"]))
    assert "Conversation 3 of the file" in [one.title for one in read(path)]


def test_what_no_program_writes_is_said_once(path: Path) -> None:
    path.write_bytes(b'{"conversations": []}\n' * 500)
    assert refused(path).count("Nothing in this file could be read.") == 1
    assert refused(path).count("LibreChat") == 1


def test_what_is_left_out_of_a_zip_is_named(path: Path) -> None:
    empty = exports.claude(key="k-2") | {"chat_messages": []}
    zipped(path, {"a/conversations.json": [exports.claude(), empty], "a/memories.json": [{}], "a/users.json": [{}]})
    assert [one.title for one in read(path) if one.is_note] == [
        "1 empty conversation is left out.",
        "Other files in the zip aren't read: memories.json, users.json.",
    ]


# How much it may be


def taken(item: Item) -> Document:
    return msgspec.json.decode(item.document or b"", type=Document)


def shortened(path: Path, value: Any, longest: int = 1_000) -> Item:
    path.write_bytes(msgspec.json.encode([value]))
    with open_package(path, limit=LIMIT) as package:
        (item,) = items(package, limit=LIMIT, longest=longest)
    return item


def test_a_message_that_is_too_long_is_cut_and_says_so(path: Path) -> None:
    value = exports.claude()
    value["chat_messages"][1]["content"] = [
        {"type": "thinking", "thinking": "thought " * 1_000},
        {"type": "text", "text": "word " * 1_000},
    ]
    item = shortened(path, value)
    answer = taken(item).messages[1]
    assert len(answer.content) <= 1_000
    assert len(answer.reasoning) <= 1_000
    assert answer.content.startswith("word word")
    assert answer.content.endswith("\n\n[Part not imported: 4,200 more characters]")
    assert "1 part of another kind can't be imported" in item.remark


def test_one_of_open_chat_s_own_is_cut_as_well(path: Path) -> None:
    item = shortened(path, document(ASKED, message(2, 1, "assistant", "word " * 1_000)))
    assert item.remark == "1 text in it is too long, and cut."
    assert shortened(path, taken(item)).document == item.document


def test_a_message_of_the_longest_length_stays_as_it_is(path: Path) -> None:
    item = shortened(path, document(ASKED, message(2, 1, "assistant", "a" * 1_000)))
    assert (taken(item).messages[1].content, item.remark) == ("a" * 1_000, "")


def test_a_conversation_with_too_much_text_is_named_with_the_reason(path: Path) -> None:
    long = [message(number, number - 1, "assistant", "a" * 1_900_000) for number in range(2, 13)]
    path.write_bytes(msgspec.json.encode([document(ASKED, *long), exports.claude()]))
    first, second = read(path, 100_000_000)
    assert (first.title, first.remark) == ("A title", "It is larger than 20 MB, its pictures aside.")
    assert first.document is None
    assert second.document is not None


def test_a_message_with_too_many_sources_is_refused(path: Path) -> None:
    many = tuple(Source(f"https://example.org/{number}", "") for number in range(501))
    path.write_bytes(msgspec.json.encode([document(ASKED, message(2, 1, "assistant", "Here.", sources=many))]))
    assert "more than 500 sources" in read(path)[0].remark


def test_more_pictures_than_a_conversation_brings_are_left_out(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_PICTURE_BYTES", 3 * len(PNG))
    pictures = tuple(DocumentPicture(id=f"p{number}", media_type="image/png", data=PNG) for number in range(5))
    path.write_bytes(msgspec.json.encode([document(ASKED, message(2, 1, "assistant", "Look.", pictures=pictures))]))
    (item,) = read(path)
    assert len(taken(item).messages[1].pictures) == 3
    assert item.remark.startswith("2 of its pictures are left out: ")


def test_all_conversations_of_a_file_together_have_a_limit(path: Path) -> None:
    path.write_bytes(msgspec.json.encode([exports.chatgpt(key=f"c{number}") for number in range(10)]))
    assert "The conversations in the file have more than" in refused(path, 5_000)
