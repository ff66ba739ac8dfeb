"""The marks that ChatGPT writes into its texts: what reads as words stays as words, the rest is taken out.

A mark is U+E200, its kind, U+E202 before each of what it is about, and U+E201; the last is missing where an answer was
cut off.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from webapp.documents.imports import marks
from webapp.documents.imports.reading import mapping, objects, text
from webapp.documents.imports.scanning import Marked, closed_by_line, marked
from webapp.rendering.safety import is_web_address

_MARK: Final = re.compile("\ue200(?P<body>[^\ue200\ue201]*)(?P<end>\ue201?)")
_CUT: Final = re.compile("[\\w-]*(?:\ue202(?:turn\\d+\\w+|\\[[^]\\n]*\\]?|[^\ue202\\s]*))*")
_LONGEST: Final = 200  # characters of a mark of before
_OTHER: Final = re.compile("[\ue200-\ue20f]")
_OLD: Final = re.compile(r"【\d+(?::\d+)?†(?P<label>[^【】\n]*)】")
# What stands for marks that read as nothing, with the gap before them.
_GONE: Final = re.compile("(?<![ \t\ue201])([ \t]*+)\ue201(?:[ \t]*+\ue201)*+(?=([^\\W_])?)")
_PLACE: Final = re.compile(r"turn\d\w++")
# Marks of before that stand for no page that the file knows.
_LEAKED: Final = re.compile(r":contentReference\[oaicite:\d{1,6}\](?:\{index=\d{1,6}\})?|【oaicite:\d{1,6}】")
_LINES: Final = re.compile(r"source|L\d+(?:-L?\d+)?")
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.)*)"?')
_SANDBOX: Final = re.compile(
    r"(?P<image>!?)\[(?P<label>[^\[\]\n]*)\]\(sandbox:(?P<path>(?:[^()\n]++|\([^()\n]*\))*+)\)"
)
_BARE_SANDBOX: Final = re.compile(r"sandbox:(?P<path>/[^\s()\[\]<>`\"']*)")
_WRITING: Final = re.compile(r"^:::writing(?:\{[^\n]*\})?[ \t]*(?=\n|\Z)", re.MULTILINE)


def words_of(said: str, details: Mapping[str, Any]) -> str:
    """A text as people read it. `details` are the metadata of its message, which say what its marks are about."""
    shown = "".join(
        part if isinstance(part, str) else f"{_writing(part)}\n"
        for part in marked(said, _WRITING, closed_by_line(":::"))
    )
    references = _references(said, details)
    shown = _without_marks(shown, references)
    shown = _LEAKED.sub("", shown)
    shown = _OLD.sub(lambda found: _old(found["label"], references.get(found[0], {})), shown)
    shown = _SANDBOX.sub(_file, shown)
    return _BARE_SANDBOX.sub(_bare_file, shown)


def _references(said: str, details: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """What each mark in a text is about. Those of before only say where in the text it stands."""
    found = dict[str, Mapping[str, Any]]()
    for one in objects(details.get("citations")):
        start, end = one.get("start_ix"), one.get("end_ix")
        if isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= start + _LONGEST:
            found[said[start:end]] = mapping(one.get("metadata"))
    return found | {text(one.get("matched_text")): one for one in objects(details.get("content_references"))}


def _writing(part: Marked) -> str:
    kind = part.attribute("variant").capitalize() or "Text"
    title = part.attribute("subject") or part.attribute("title")
    return marks.block(f"{kind}: {title}" if title else kind, part.body.strip("\n"))


def _without_marks(said: str, references: Mapping[str, Mapping[str, Any]]) -> str:
    if "\ue200" not in said:
        return _OTHER.sub("", said)
    parts, place = list[str](), 0
    for found in _MARK.finditer(said):
        body, rest = found["body"], ""
        if not found["end"]:
            cut = _CUT.match(body)
            body, rest = body[: cut.end() if cut else 0], body[cut.end() if cut else 0 :]
        shown = _shown(body, references.get(found[0], {}))
        parts += [said[place : found.start()], shown or "\ue201", rest]
        place = found.end()
    shown = _GONE.sub(lambda found: found[1] if found[2] else "", "".join([*parts, said[place:]]))
    return _OTHER.sub("", shown)


def _shown(body: str, reference: Mapping[str, Any]) -> str:
    """How one mark reads; "" for one that only leads to a source."""
    kind, *about = body.split("\ue202")
    if kind.endswith("entity"):
        named = _entity("".join(about)) or text(reference.get("name")) or text(reference.get("alt"))
        return named or ("" if kind == "entity" else marks.missing("Part", kind))
    if kind in ("url", "link"):
        return _link(about)
    if kind in ("image_group", "i", "image", "genui_image"):
        return marks.missing("Image", ", ".join(_strings("".join(about))))
    if kind == "video":
        return marks.missing("Video", about[0] if about else "")
    if kind in ("cite", "filecite", ""):
        name = _file_named(reference)
        return f"({name})" if name else ""
    if kind == "navlist":
        return text(reference.get("alt")) or (about[0] if about else "")
    alt = text(reference.get("alt"))
    return alt or marks.missing("Part", kind)


def _file_named(reference: Mapping[str, Any]) -> str:
    """The name of a file that is cited; "" for pages, which are among the sources."""
    return "" if is_web_address(text(reference.get("url"))) else marks.line(text(reference.get("name")))


def _entity(about: str) -> str:
    """The name in ["city", "Paris", "capital of France"], or in what is left of that."""
    found = [one for one in _QUOTED.findall(about) if not _PLACE.fullmatch(one)]
    name = next(iter([*found[1:2], *found[:1]]), "")
    try:
        return str(msgspec.json.decode(f'"{name}"', type=str))
    except msgspec.DecodeError:
        return str(name)


def _strings(about: str) -> list[str]:
    try:
        value = mapping(msgspec.json.decode(about)).get("query")
    except (msgspec.DecodeError, RecursionError):
        return []
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _link(about: list[str]) -> str:
    label, address = (*about, "", "")[:2]
    if not is_web_address(address):
        return label
    bare = address.replace("<", "%3C").replace(">", "%3E").replace(" ", "%20").replace("\n", "")
    return f"[{label or bare}](<{bare}>)" if "(" in bare or ")" in bare else f"[{label or bare}]({bare})"


def _old(label: str, reference: Mapping[str, Any]) -> str:
    """Of a mark as 【7†source】 nothing; of one that names a file or a site, or is about a file, its name."""
    named = label.partition("†")[0].strip(" ()")
    if not named or _LINES.fullmatch(named):
        named = _file_named(reference)
    return f" ({named})" if named else ""


def _file(found: re.Match[str]) -> str:
    title = found["path"].rpartition("/")[2]
    mark = marks.missing("Image" if found["image"] else marks.kind_of(title), title)
    return f"{found['label']} {mark}" if found["label"] else mark


def _bare_file(found: re.Match[str]) -> str:
    title = found["path"].rpartition("/")[2]
    return marks.missing(marks.kind_of(title), title)
