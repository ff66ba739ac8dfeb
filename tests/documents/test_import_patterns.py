"""No expression that is used on files of other programs takes the square of their length."""

import importlib
import pkgutil
import re
import time
from functools import partial
from typing import Any

import pytest

from tests.fakes.attacks import attacks
from tests.fakes.doubling import is_linear
from webapp.documents import imports
from webapp.documents.imports import openwebui_text
from webapp.documents.imports.chatgpt_text import words_of
from webapp.documents.imports.said import Said

LENGTH = 8_000  # at which what is quadratic takes some tenths of a second, and what is linear a thousandth
FAST = 0.012  # seconds

PATTERNS: dict[str, "re.Pattern[Any]"] = {
    f"{module.name.removeprefix(imports.__name__ + '.')}.{name}": value
    for module in pkgutil.walk_packages(imports.__path__, f"{imports.__name__}.")
    for name, value in vars(importlib.import_module(module.name)).items()
    if isinstance(value, re.Pattern)
}


def look(pattern: "re.Pattern[Any]", text: str) -> None:
    """All that is done with a pattern: every match is found, and one at the beginning."""
    text = f"{text}\0"  # which hardly any takes, so that one that has come this far goes back
    data: Any = text if isinstance(pattern.pattern, str) else text.encode("latin-1", "replace")
    for _ in pattern.finditer(data):
        pass
    pattern.match(data)
    pattern.fullmatch(data)


def is_fast(pattern: "re.Pattern[Any]", text: str) -> bool:
    began = time.process_time()
    look(pattern, text)
    return time.process_time() - began < FAST


def slow_attacks(pattern: "re.Pattern[Any]", length: int = LENGTH) -> list[str]:
    """The attacks for which the time grows faster than the text. Only what is slow at once is measured again."""
    found = []
    for attack in attacks(pattern):
        grown = partial(lambda attack, length: look(pattern, attack.text(length)), attack)
        if not is_fast(pattern, attack.text(length)) and not is_linear(grown, length):
            found.append(repr(attack))
            break
    return found


@pytest.mark.parametrize("name", PATTERNS)
def test_twice_the_text_takes_an_expression_twice_the_time(name: str) -> None:
    assert slow_attacks(PATTERNS[name]) == []


@pytest.mark.parametrize(
    ("source", "length"), [(r"turn\d+\w+", LENGTH // 2), (r"\s*<summary>", LENGTH), ("\ue200[^\ue201]*\ue201", LENGTH)]
)
def test_the_attacks_find_what_is_quadratic(source: str, length: int) -> None:
    assert slow_attacks(re.compile(source, re.DOTALL), length)


@pytest.mark.parametrize(
    "piece",
    [
        '<details type="reasoning">', '<details type="reasoning"><summary>', '<details type="a" ', "<think>",
        "</details>", '<details type="tool_calls" name="', "data:image/png;base64,", "![a](/files/", "`", "> ",
    ],
)  # fmt: skip
def test_text_of_open_webui_takes_as_long_as_it_is(piece: str) -> None:
    assert is_linear(lambda length: openwebui_text.add_words(Said(), piece * (length // len(piece))), 60_000)
    behind = '<details type="reasoning">'
    assert is_linear(lambda length: openwebui_text.add_words(Said(), behind + " " * length + piece), 60_000)


@pytest.mark.parametrize(
    "piece",
    [
        "\ue200", "\ue200cite\ue202turn0search0\ue201", "\ue202turn7", "\ue202[", "【7†", ":::writing\n", "sandbox:/",
        "[a](sandbox:(", ":contentReference[oaicite:1]{index=1}", '\ue200entity\ue202["a',
    ],
)  # fmt: skip
def test_text_of_chatgpt_takes_as_long_as_it_is(piece: str) -> None:
    assert is_linear(lambda length: words_of(piece * (length // len(piece)), {}), 60_000)
    assert is_linear(lambda length: words_of("\ue200a\ue202turn" + "7" * length, {}), 60_000)
