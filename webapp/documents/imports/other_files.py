"""What a file is that holds no conversations as they can be read, and what to send instead of it."""

from typing import Final

MAX_NAMED: Final = 200  # characters of a name

_UNPACK: Final = "Unpack it, and send the JSON file or the zip that's in it."
_PAGE: Final = "This is a web page, as chat.html in an export is. Send conversations.json, or the whole zip."
_STARTS: Final = (
    (b"7z\xbc\xaf\x27\x1c", f"This is a 7z archive, which can't be read here. {_UNPACK}"),
    (b"Rar!\x1a\x07", f"This is a RAR archive, which can't be read here. {_UNPACK}"),
    (b"\x1f\x8b", f"This is a gzip archive, which can't be read here. {_UNPACK}"),
    (b"BZh", f"This is a bzip2 archive, which can't be read here. {_UNPACK}"),
    (b"\xfd7zXZ\x00", f"This is an xz archive, which can't be read here. {_UNPACK}"),
    (b"%PDF-", "This is a PDF, out of which conversations can't be read. Send the export as JSON."),
    (b"SQLite format 3\x00", "This is a database, which can't be read here. Send the program's export as JSON."),
)
_ARCHIVES: Final = (".zip", ".7z", ".rar", ".gz", ".tgz", ".xz", ".bz2")


def sentence_for(head: bytes) -> str:
    """One or two sentences for a file that begins so; "" where nothing can be said of it."""
    known = next((told for start, told in _STARTS if head.startswith(start)), "")
    begun = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:20].lower()
    return known or (_PAGE if begun.startswith((b"<!doctype html", b"<html", b"<!--")) else "")


def sentence_for_names(names: list[str]) -> str:
    """The same for a zip without JSON, by the names of what is in it."""
    inner = next((name for name in names if name.lower().endswith(_ARCHIVES)), None)
    if inner is not None:
        last = inner.rpartition("/")[2][:MAX_NAMED]
        return f"There is no JSON in the zip, but another archive, {last}. Take that out, and send it by itself."
    if any(name.lower().endswith((".html", ".htm")) for name in names):
        return "There is no JSON in the zip, but a web page. Send conversations.json, or the zip as it came."
    return "There is no JSON in the zip, and so no conversation."
