"""The papers say what is true: their links lead somewhere, and what they name of the code is there."""

import ast
import importlib
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from tests.test_architecture import MAY_IMPORT
from webapp.catalog.api import catalog_router
from webapp.cli import main
from webapp.config import Settings
from webapp.connection import (
    BODY_SECONDS,
    HEAD_SECONDS,
    KEEP_ALIVE_SECONDS,
    MAX_HEAD_BYTES,
    MAX_HEADERS,
    SLOWEST,
)
from webapp.conversations import views
from webapp.conversations.api import api_router
from webapp.conversations.views import CONNECTION_SECONDS, Cursor
from webapp.web.forms import MAX_FIELDS

ROOT = Path(__file__).parent.parent
PAPERS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
ARCHITECTURE = ROOT / "docs" / "architecture.md"
DEPLOY = sorted((ROOT / "docs" / "deploy").glob("*.md"))
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))

ASVS = ROOT / "docs" / "asvs.md"
# How many requirements of levels 1 and 2 each section of ASVS 5.0 has; they come first in it, those of level 3 behind.
REQUIREMENTS = {
    1: (2, 9, 11, 3, 2),
    2: (3, 3, 4, 1),
    3: (0, 2, 4, 6, 5, 0, 2),
    4: (3, 1, 2, 4),
    5: (1, 3, 2, 3),
    6: (3, 12, 4, 4, 5, 3, 0, 4),
    7: (3, 4, 2, 5, 2, 2),
    8: (2, 3, 1, 1),
    9: (3, 4),
    10: (2, 2, 4, 11, 5, 2, 3),
    11: (2, 3, 3, 4, 1, 1, 0),
    12: (3, 2, 4),
    13: (1, 5, 2, 5),
    14: (2, 4, 3),
    15: (3, 3, 7, 0),
    16: (1, 5, 4, 3, 3),
    17: (1, 4, 2),
}
STATES = {"met", "operator", "partly", "not met", "n/a"}

_LINK = re.compile(r"\[([^\]]*)\]\((?!https?:)([^)\s]+)\)")
_PATH = re.compile(r"(?<![\w/.-])(?:\./)?((?:bin|webapp|templates|static|tests|docs|benchmarks)/[\w./-]*\w)")
_VERB = re.compile(r"python -m webapp ([\w-]+)")
_CURL = re.compile(r"^curl (?:-N )?(?:-X (\w+) )?http://127\.0\.0\.1:8000(/\S*)", re.MULTILINE)


def section(title: str) -> str:
    """A section of architecture.md, without its subsections' titles counting as ends."""
    return ARCHITECTURE.read_text().partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def rows(text: str, head: str) -> list[list[str]]:
    """The rows of the tables in ``text`` whose first column is headed ``head``, as cells."""
    tables = re.findall(rf"^\| {head} \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", text + "\n", re.MULTILINE)
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for table in tables for line in table.splitlines()]


def spans(cell: str) -> list[str]:
    """What stands in backticks."""
    return re.findall(r"`([^`]+)`", cell)


def links(paper: Path) -> Iterator[tuple[str, Path]]:
    for text, target in _LINK.findall(paper.read_text()):
        yield text, paper.parent / target.partition("#")[0]


def calls(name: str) -> Iterator[ast.Call]:
    """The calls of a function or method of that name in views.py."""
    for node in ast.walk(ast.parse(Path(views.__file__).read_text())):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == name:
            yield node


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: paper.relative_to(ROOT).as_posix())
def test_every_relative_link_leads_somewhere(paper: Path) -> None:
    assert [str(target) for _, target in links(paper) if not target.exists()] == []


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: paper.relative_to(ROOT).as_posix())
def test_every_path_that_is_named_exists(paper: Path) -> None:
    assert [path for path in _PATH.findall(paper.read_text()) if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: paper.relative_to(ROOT).as_posix())
def test_a_name_is_defined_in_the_file_that_it_links_to(paper: Path) -> None:
    """A link such as [`Replies.start`](../webapp/conversations/replies.py) is a claim about that file."""
    wrong = []
    for text, target in links(paper):
        name = re.fullmatch(r"`(?:\w+\.)?(\w+)`", text)
        if name and target.suffix == ".py":
            defined = rf"^\s*(?:(?:async )?def|class) {name[1]}\b|^{name[1]}\b.*="
            if not re.search(defined, target.read_text(), re.MULTILINE):
                wrong.append(f"{text} in {target.name}")
    assert wrong == []


def test_the_tree_is_the_one_that_is_there() -> None:
    block = section("The tree").split("```")[1]
    for line in block.strip().splitlines():
        folder = ROOT / "webapp" if line.startswith("  ") else ROOT
        for name in line[:21].split():
            assert (folder / name).exists(), name


def test_every_module_of_these_features_is_explained() -> None:
    told = " ".join(row[0] for row in rows(section("The tree"), "file"))
    named = set(re.findall(r"\]\(\.\./(webapp/\S+\.py)\)", told))
    folders = [ROOT / "webapp" / feature for feature in ("conversations", "documents")]
    there = {path.relative_to(ROOT).as_posix() for folder in folders for path in folder.rglob("[a-z]*.py")}
    assert named == there


def test_the_picture_of_imports_is_the_rule() -> None:
    picture = section("Who may import whom").split("```")[1]
    layers = [{word for word in line.split() if word in MAY_IMPORT} for line in picture.strip().splitlines()]
    assert set().union(*layers) == set(MAY_IMPORT)
    for number, layer in enumerate(layers):
        below = set().union(*layers[number + 1 :])
        assert {name: MAY_IMPORT[name] - below for name in layer} == {name: set() for name in layer}


def test_limits_of_floods_are_those_of_the_code() -> None:
    told = {row[0]: row[1] for row in rows((ROOT / "docs" / "security.md").read_text(), "what")}
    assert told["fields of a form"] == f"{MAX_FIELDS}: 422"
    assert told["one stream"].startswith(f"{CONNECTION_SECONDS:g} s")
    assert told["a connection without a request"] == f"{KEEP_ALIVE_SECONDS} s"
    head = f"{MAX_HEAD_BYTES // 1000} kB, {MAX_HEADERS} headers, {HEAD_SECONDS:g} s: 431, 408"
    assert told["head of a request"] == head
    slow = f"{BODY_SECONDS:g} s, and a second more for each {SLOWEST:,} bytes that come: 408"
    assert told["a slow body"] == slow


def test_the_parts_of_frames_are_documented() -> None:
    documented = {(spans(target)[0], spans(swap)[0]) for target, swap, _ in rows(ARCHITECTURE.read_text(), "target")}
    sent = {tuple(ast.literal_eval(argument) for argument in call.args[:2]) for call in calls("_partial")}
    assert documented == sent


def test_the_named_events_are_documented() -> None:
    documented = {spans(event)[0] for event, _ in rows(ARCHITECTURE.read_text(), "event")}
    named = [word for call in calls("encode_event") for word in call.keywords if word.arg == "event"]
    assert documented == {ast.literal_eval(word.value) for word in named}


def test_the_events_of_the_api_are_documented() -> None:
    documented = {spans(data)[0] for data, _ in rows(ARCHITECTURE.read_text(), "data")}
    sent = [call.args[0] for call in calls("_json_event")]
    assert all(isinstance(value, ast.Dict) for value in sent)
    assert documented == {
        ast.literal_eval(key) for value in sent if isinstance(value, ast.Dict) for key in value.keys if key
    }


def test_the_cursor_has_the_documented_form() -> None:
    text = section("The event stream of a page")
    assert f"`{'-'.join(Cursor._fields)}`" in text
    example = re.search(r"^id: (\S+)$", text, re.MULTILINE)
    assert example is not None
    assert example[1] == str(Cursor.parse(example[1])) != str(Cursor())


def test_the_numbers_are_those_of_the_code() -> None:
    numbers = rows(section("Numbers"), "name")
    assert numbers
    for name, value, where in numbers:
        module = re.search(r"\(\.\./(.+)\.py\)", where)
        assert module is not None
        actual = getattr(importlib.import_module(module[1].replace("/", ".")), spans(name)[0])
        seconds = actual.total_seconds() if isinstance(actual, timedelta) else actual
        assert value == f"{seconds:g} s", name


@pytest.mark.parametrize("paper", [ROOT / "README.md", ROOT / "docs" / "settings.md"], ids=lambda paper: paper.name)
def test_settings_and_their_defaults_are_those_of_the_code(paper: Path) -> None:
    defaults = {field.name.upper(): field.default for field in msgspec.structs.fields(Settings)}
    found = rows(paper.read_text(), "variable")
    assert found
    for variables, told, _ in found:
        assert set(spans(variables)) <= set(defaults)
        for variable, default in zip(spans(variables), spans(told), strict=bool(spans(told))):
            value = defaults[variable]
            assert default == (f"{value:g}" if isinstance(value, float) else str(value)), variable


@pytest.mark.parametrize("paper", DEPLOY, ids=lambda paper: paper.name)
def test_a_recipe_sets_what_the_app_takes_and_says_how_long_to_drain(paper: Path) -> None:
    names = {variable for variables, _ in rows(paper.read_text(), "variable") for variable in spans(variables)}
    assert {"APP_URL", "ADMIN_EMAIL", "ADMIN_PASSWORD", "OPENROUTER_API_KEY"} <= names
    assert names <= {field.name.upper() for field in msgspec.structs.fields(Settings)}
    assert "DRAIN_SECONDS" in paper.read_text()


def test_the_lines_for_the_api_are_its_routes() -> None:
    routes = {
        (method, re.sub(r"\{[^}]+\}", "$id", path))
        for router in (api_router, catalog_router)
        for route in router.routes
        for path, method in ((route.path, method) for method in route.methods)
    }
    shown = {(method or "GET", path) for method, path in _CURL.findall((ROOT / "README.md").read_text())}
    assert len(shown) == 5
    assert shown <= routes


def test_the_verbs_are_those_of_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    verbs = re.findall(r"^    ([\w-]+)", capsys.readouterr().out, re.MULTILINE)
    told = {verb for paper in PAPERS for verb in _VERB.findall(paper.read_text())}
    assert told
    assert told <= set(verbs)


def requirements(cell: str) -> Iterator[str]:
    """`1.2.6, 10.4.1 to 10.4.3` as single numbers."""
    for part in cell.split(", "):
        first, _, last = part.partition(" to ")
        section, _, number = first.rpartition(".")
        assert not last or last.startswith(f"{section}."), cell
        for one in range(int(number), int((last or first).rpartition(".")[2]) + 1):
            yield f"{section}.{one}"


def test_each_requirement_of_asvs_has_one_row_in_its_chapter() -> None:
    for chapter, counts in REQUIREMENTS.items():
        text = ASVS.read_text().partition(f"\n## V{chapter} ")[2].partition("\n## ")[0]
        listed = [number for cell, *_ in rows(text, "requirement") for number in requirements(cell)]
        wanted = [
            f"{chapter}.{section}.{number}" for section, count in enumerate(counts, 1) for number in range(1, count + 1)
        ]
        assert sorted(listed) == sorted(wanted), f"V{chapter}"


def test_a_requirement_that_is_met_leads_to_what_meets_it() -> None:
    for numbers, state, how in rows(ASVS.read_text(), "requirement"):
        assert state in STATES, numbers
        assert how, numbers
        assert state != "met" or _LINK.search(how), f"{numbers} leads nowhere"


def test_what_is_not_met_is_owned_up_to_in_one_place_more() -> None:
    """The page that people read first has each number that is not met, or only partly."""
    text = (ROOT / "docs" / "security.md").read_text().partition("\n## By the book\n")[2]
    lacking = [
        number
        for cell, state, _ in rows(ASVS.read_text(), "requirement")
        for number in requirements(cell)
        if state in ("partly", "not met")
    ]
    assert sorted(lacking) == sorted(set(re.findall(r"\b\d+\.\d+\.\d+\b", text)))


def test_decisions_are_numbered_and_short() -> None:
    assert DECISIONS
    for number, paper in enumerate(DECISIONS, 1):
        assert paper.name.startswith(f"{number:04}-")
        lines = paper.read_text().splitlines()
        assert lines[0].startswith(f"# {number}. ")
        assert len(lines) < 40, paper.name
