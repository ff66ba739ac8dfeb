"""Characters that comrak would take for marks where they are none, hidden from it and shown again in its HTML.

Each has a noncharacter in its place, which no readable text has. So it does not matter where one stands: what was
hidden by mistake, in code for example, comes back as it was.
"""

import re
from typing import Final

from webapp.rendering.fences import CONTAINER

TILDE: Final = "\ufdd1"
TICK: Final = "\ufdd2"
SPACE: Final = "\ufdd3"
DOLLAR: Final = "\ufdd4"
PIPE: Final = "\ufdd5"
BACKSLASH: Final = "\ufdd6"
_UNWRITTEN: Final = "\ufdd7"
_ESCAPE: Final = "\ufdd8"
_HIDDEN_BEHIND: Final = f" {_UNWRITTEN}"  # to comrak a space, which ends an address
_HIDDEN_BEFORE: Final = f"{_UNWRITTEN} "  # one without a scheme begins behind a space alone
_SHOWN: Final = {
    TILDE: "~",
    TICK: "`",
    SPACE: "\u00a0",
    DOLLAR: "$",
    PIPE: "|",
    BACKSLASH: "\\",
    _HIDDEN_BEHIND: "",
    _HIDDEN_BEFORE: "",
    _UNWRITTEN: "",
    _ESCAPE: "",
}


def masked(text: str) -> str:
    """A readable text as comrak is to see it."""
    text = with_blocks(text)
    if "~" in text:
        text = _LONE_TILDE.sub(_hide_tilde, text)
    if "\\]" in text:
        text = _ESCAPED_WORDS.sub(_ESCAPE, text)
    if "**" in text and _BESIDE_LETTER.search(text):
        text = _STRONG.sub(_open_strong, text)
    if not text.isascii() and _may_have_address(text):
        text = "\n".join(map(_with_ends_of_addresses, text.split("\n")))
    return text


def with_blocks(text: str) -> str:
    """``text`` with the blocks that are meant: headings without a space, and no HTML that lasts to a blank line.

    A single number sign begins a tag (``#travel``), and a ``<br>`` alone on its line begins no block of HTML.
    """
    if "##" in text:
        text = _CLOSE_HEADING.sub(rf"\g<0>{_HIDDEN_BEHIND}", text)
    return _BREAK_ALONE.sub(rf"\g<0>{_UNWRITTEN}", text) if "<br" in text or "<BR" in text else text


_CLOSE_HEADING = re.compile(r"^(?:[ ]{0,3}>)*[ ]{0,3}#{2,6}(?=[^\W\d_]|\*\*|\d{1,3}[.\u3001])", re.MULTILINE)
_BREAK_ALONE = re.compile(rf"^{CONTAINER}(?=<(?:br|BR)[ ]?/?>[ \t]*$)", re.MULTILINE)


# The backslash before brackets that are to be seen: around a placeholder or the number of a source, not a formula.
_ESCAPED_WORDS = re.compile(
    r"""(?<![\\\[])\\(?=\[
          (?=[A-Z][a-z]{2}|[^\W\d_]{2,30}[ ][^\W\d_]|[^\x00-\x7f]{2})[^\W_](?:[^\W_]|['’.,/&\ -]){1,60}\\\])
      | (?<=[\w.,;:!?)"”。，])\\(?=\[\d{1,3}(?:,[ ]?\d{1,3}){0,9}\\\])""",
    re.VERBOSE,
)

_BESIDE_LETTER = re.compile(r"\*\*(?:(?<=[^\w\s*]\*\*)[^\W\d_]|(?<=[^\x00-\x7f]\*\*)[^\w\s*])")  # what to look for

# Code, which has no marks; and strong words in one line, with what stands around them.
_STRONG = re.compile(
    r"""\\. | `+[^`\n]*`+
      | (?P<mark>(?<!\*)\*\*)(?=(?P<first>[^\s*]))(?P<words>[^*`\n]*+(?:`[^`\n]*+`[^*`\n]*+)*+)\*\*(?!\*)""",
    re.VERBOSE,
)


def _open_strong(found: re.Match[str]) -> str:
    """Lets words be strong that end in a stop or quote right before a letter, or begin in one right behind a letter.

    By the rule their marks would stay marks: ``**Note:**this``. ASCII before them may be a power: ``a**(b)**c``.
    """
    if found["mark"] is None or found["words"][-1:].isspace():
        return found[0]
    before = found.string[max(0, found.start() - 1) : found.start()]
    behind = found.string[found.end() : found.end() + 1]
    begin = _HIDDEN_BEFORE if before.isalpha() and not before.isascii() and _is_mark(found["first"]) else ""
    end = _HIDDEN_BEHIND if behind.isalpha() and _is_mark(found["words"][-1:]) else ""
    return begin + found[0] + end


def _is_mark(character: str) -> bool:
    return not (character.isalnum() or character.isspace())


def _may_have_address(text: str) -> bool:
    return "://" in text or "www." in text


def _with_ends_of_addresses(line: str) -> str:
    return line if line.isascii() or not _may_have_address(line) else _ADDRESS.sub(_end_address, line)


_LONE_TILDE = re.compile(r"\\.|~+")


def _hide_tilde(found: re.Match[str]) -> str:
    """One tilde is no mark: it stands in ranges (``3~5``), in paths (``~/a``) and for "about"."""
    return TILDE if found[0] == "~" else found[0]


# Punctuation that ends a bare address, and letters of scripts that put no space behind one. Such letters may begin a
# part of an address, as in `/wiki/サクラ`, but do not stand right behind those of our alphabet.
_STOPS: Final = (
    "\u060c\u061b\u061f\u06d4\u0964\u0965\u00ab\u00bb\u2014\u2018\u201c-\u201f\u2026\u2039\u203a"
    "\u3000-\u3004\u3008-\u303f\u30fb\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65"
)
_UNSPACED: Final = (
    "\u0e00-\u0e7f\u1100-\u11ff\u3005-\u3007\u3040-\u30fa\u30fc-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
    "\uff66-\uff9f\U00020000-\U0003ffff"
)
_ADDRESS = re.compile(
    rf"""\]\(\s*+<?[^\s)]*+ | \]:\s*+\S*+ | <(?i:https?):[^>\s]*+>?   # of a link that was written as one
      | (?P<bare>(?:(?i:https?)://|(?:(?<![\w./])|(?<=[{_UNSPACED}]))www\.)
          (?:[^\s<\u2019{_STOPS}{_UNSPACED}] | \u2019(?=\w) | (?<![A-Za-z0-9])[{_UNSPACED}])*+)""",
    re.VERBOSE,
)


def _end_address(found: re.Match[str]) -> str:
    if found["bare"] is None:
        return found[0]
    before = found.string[max(0, found.start() - 1) : found.start()]
    behind = found.string[found.end() : found.end() + 1]
    begin = "" if before.isascii() or found[0][0] != "w" else _HIDDEN_BEFORE
    return begin + found[0] + ("" if behind in _ENDS_ANYWAY else _HIDDEN_BEHIND)


_ENDS_ANYWAY: Final = frozenset({"", " ", "\n", "\t", "<"})


def unmasked(html: str) -> str:
    """Comrak's HTML with all that was hidden, in text and in addresses."""
    if html.isascii() and _ENCODED not in html:
        return html
    if SPACE in html or _ESCAPE in html:
        html = _CODE.sub(lambda found: found[0].replace(SPACE, " ").replace(_ESCAPE, "\\"), html)
    return _MASK.sub(lambda found: _AS_WRITTEN[found[0]], html)


_CODE = re.compile(r"<code[^<]*</code>")
_ENCODED: Final = "%EF%B7%"


def _in_address(mask: str) -> str:
    return "".join(f"%{byte:02X}" for byte in mask.encode())


_AS_WRITTEN: Final = _SHOWN | {_in_address(mask): shown for mask, shown in _SHOWN.items()}
_MASK = re.compile("|".join(_AS_WRITTEN))
