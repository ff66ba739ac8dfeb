"""Characters that comrak would take for marks where they are none, hidden from it and shown again in its HTML.

Each has a noncharacter in its place, which no readable text has. So it does not matter where one stands: what was
hidden by mistake, in code for example, comes back as it was.
"""

import re
from typing import Final

TILDE: Final = "\ufdd1"
TICK: Final = "\ufdd2"
SPACE: Final = "\ufdd3"
DOLLAR: Final = "\ufdd4"
PIPE: Final = "\ufdd5"
BACKSLASH: Final = "\ufdd6"
_SHOWN: Final = {TILDE: "~", TICK: "`", SPACE: "\u00a0", DOLLAR: "$", PIPE: "|", BACKSLASH: "\\"}


def masked(text: str) -> str:
    """A readable text as comrak is to see it."""
    return _LONE_TILDE.sub(_hide_tilde, text) if "~" in text else text


_LONE_TILDE = re.compile(r"\\.|~+")


def _hide_tilde(found: re.Match[str]) -> str:
    """One tilde is no mark: it stands in ranges (``3~5``), in paths (``~/a``) and for "about"."""
    return TILDE if found[0] == "~" else found[0]


def unmasked(html: str) -> str:
    """Comrak's HTML with all that was hidden, in text and in addresses."""
    if html.isascii() and _ENCODED not in html:
        return html
    if SPACE in html:
        html = _CODE.sub(lambda found: found[0].replace(SPACE, " "), html)
    return _MASK.sub(lambda found: _AS_WRITTEN[found[0]], html)


_CODE = re.compile(r"<code[^<]*</code>")
_ENCODED: Final = "%EF%B7%"


def _in_address(mask: str) -> str:
    return "".join(f"%{byte:02X}" for byte in mask.encode())


_AS_WRITTEN: Final = _SHOWN | {_in_address(mask): shown for mask, shown in _SHOWN.items()}
_MASK = re.compile("|".join(_AS_WRITTEN))
