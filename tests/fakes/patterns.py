"""Regular expressions of the app, found in its code and its modules, and texts that are slow to look through.

An expression is slow where it can begin at many places and go far from each, or divide a run among several loops. So an
attack is: what leads to a loop, the loop's own characters many times over, and something on which it fails.
"""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path
from types import ModuleType
from typing import Any, Final, NamedTuple

# The parser and compiler of `re` have no other names.
from re import _compiler, _constants, _parser  # type: ignore[attr-defined]  # isort: skip

import webapp

METHODS: Final = frozenset({"match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer"})
FROM_THE_START: Final = frozenset({"match", "fullmatch"})
_CANDIDATES: Final = "a 0\n<>\"'`*_[]()#&\\/:.-$@|=~^é中\t;,!+{}?%A\u0301\ue200\xa0"
_ENDS: Final = ("", "\0", "\n", "a")
_MOST_BODIES: Final = 4


class Known(NamedTuple):
    """An expression, and where it is: the module and its name or that of its table; the line where it has none."""

    place: str
    pattern: re.Pattern[str]
    methods: frozenset[str]


class Unknown(NamedTuple):
    """A call whose expression is made of what only its function knows."""

    module: str
    source: str


def modules(
    leave_out: tuple[str, ...] = ("webapp.standin", "webapp.db.migrations", "webapp.__main__"),
) -> list[ModuleType]:
    """All modules of the app but those that run in tests and demos alone."""
    names = sorted(one.name for one in pkgutil.walk_packages(webapp.__path__, "webapp."))
    return [importlib.import_module(name) for name in names if not name.startswith(leave_out)]


def found() -> tuple[list[Known], list[Unknown]]:
    """All expressions over text, and the calls that couldn't be read."""
    known: dict[tuple[str, int], Known] = {}
    unknown: list[Unknown] = []
    trees = {module: ast.parse(Path(str(module.__file__)).read_text()) for module in modules()}
    uses = _uses(trees)
    for module, tree in trees.items():
        for place, call, name in _calls(module, tree):
            pattern = _evaluated(module, call)
            if pattern is None:
                unknown.append(Unknown(module.__name__, ast.unparse(call)))
            elif isinstance(pattern.pattern, str):
                methods = _methods(uses, module, name) if name else frozenset({call.func.attr})  # type: ignore[attr-defined]
                known.setdefault((pattern.pattern, pattern.flags), Known(place, pattern, methods))
        for place, pattern in _in_tables(module):
            known.setdefault((pattern.pattern, pattern.flags), Known(place, pattern, METHODS))
    return list(known.values()), unknown


def _calls(module: ModuleType, tree: ast.Module) -> Iterator[tuple[str, ast.Call, str]]:
    """Each call of `re` that takes an expression, with the name that it is given if it is compiled."""
    names = {
        id(node.value): target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "re"
            and node.func.attr in METHODS | {"compile"}
        ):
            name = names.get(id(node), "")
            place = f"{module.__name__}.{name}" if name else f"{module.__name__}:{node.lineno}"
            yield place, node, name or "re.compile" * (node.func.attr == "compile")


def _methods(uses: dict[tuple[str, str], frozenset[str]], module: ModuleType, name: str) -> frozenset[str]:
    """Other modules may use what doesn't begin with an underscore."""
    places = [module.__name__] if name.startswith("_") else {place for place, _ in uses}
    return frozenset().union(*(uses.get((place, name), frozenset()) for place in places)) or METHODS


def _uses(trees: dict[ModuleType, ast.Module]) -> dict[tuple[str, str], frozenset[str]]:
    """By what methods each name of each module is used; by all, where it is handed on."""
    methods: dict[tuple[str, str], set[str]] = {}
    for module, tree in trees.items():
        parents = {id(child): node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                parent = parents[id(node)]
                used = parent.attr if isinstance(parent, ast.Attribute) else ""
                methods.setdefault((module.__name__, node.id), set()).update({used} & METHODS if used else METHODS)
    return {name: frozenset(used) for name, used in methods.items() if used}


def _evaluated(module: ModuleType, call: ast.Call) -> re.Pattern[Any] | None:
    """What the call compiles, where it is made of names of its module alone."""
    flags: list[ast.expr] = [one.value for one in call.keywords if one.arg == "flags"]
    if call.func.attr == "compile":  # type: ignore[attr-defined]
        flags += call.args[1:2]
    try:
        values = [eval(compile(ast.Expression(one), "", "eval"), vars(module)) for one in (call.args[0], *flags)]
        return re.compile(*values)
    except (NameError, TypeError):
        return None


def _in_tables(module: ModuleType) -> Iterator[tuple[str, re.Pattern[str]]]:
    """Expressions in what the module's names stand for, however deep."""
    seen: set[int] = set()

    def look(value: object, depth: int) -> Iterator[re.Pattern[str]]:
        if id(value) in seen or depth > 8:
            return
        seen.add(id(value))
        if isinstance(value, re.Pattern):
            if isinstance(value.pattern, str):
                yield value
        elif isinstance(value, dict):
            for one in (*value.keys(), *value.values()):
                yield from look(one, depth + 1)
        elif isinstance(value, list | tuple | set | frozenset):
            for one in value:
                yield from look(one, depth + 1)
        elif type(value).__module__.startswith("webapp."):
            for name in getattr(type(value), "__struct_fields__", ()) or getattr(value, "__dict__", ()):
                yield from look(getattr(value, name, None), depth + 1)

    for name, value in list(vars(module).items()):
        if not name.startswith("__"):
            for pattern in look(value, 0):
                yield f"{module.__name__}.{name}", pattern


# Texts that are slow to look through


def attacks(pattern: re.Pattern[str]) -> list[tuple[str, str, str]]:
    """What comes once, what comes again and again, and what comes at the end."""
    tree = _parser.parse(pattern.pattern, pattern.flags)
    made: dict[tuple[str, str, str], None] = {}
    whole = [one for one in _samples(tree, tree.state) if one]
    for prefix, bodies in _loops(tree, "", tree.state):
        bodies = [body for body in dict.fromkeys(bodies) if body][:_MOST_BODIES]
        for body in bodies:
            for end in _ENDS:
                made[prefix, body, end] = None
            made["", prefix + body, ""] = None
        for pair in permutations(bodies[:3], 2):
            made[prefix, "".join(pair), "\0"] = None
        if prefix:
            made["", prefix, ""] = None
            made["", prefix, "\n"] = None
    for sample in whole[:3]:
        made["", sample, ""] = None
        made["", sample, "\0"] = None
    return list(made)


def _loops(items: Any, prefix: str, state: Any) -> Iterator[tuple[str, list[str]]]:
    """What leads to each loop, and what it can take, for those of the expression and those inside of others."""
    for item in items:
        kind, value = item
        if kind in _REPEATS:
            yield prefix, _samples(value[2], state)
            yield from _loops(value[2], prefix, state)
        elif kind is _constants.SUBPATTERN:
            yield from _loops(value[3], prefix, state)
        elif kind is _constants.ATOMIC_GROUP:
            yield from _loops(value, prefix, state)
        elif kind is _constants.BRANCH:
            for branch in value[1]:
                yield from _loops(branch, prefix, state)
        elif kind in (_constants.ASSERT, _constants.ASSERT_NOT):
            yield from _loops(value[1], prefix, state)
        prefix += next(iter(_samples([item], state)), "")


_REPEATS: Final = (_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT)
_ONE_CHARACTER: Final = (
    _constants.LITERAL,
    _constants.NOT_LITERAL,
    _constants.IN,
    _constants.ANY,
)


def _samples(items: Any, state: Any) -> list[str]:
    """Some texts that fit, as far as single characters tell; never none."""
    texts = [""]
    for item in items:
        options = _options(item, state) or [""]
        texts = [text + options[place % len(options)] for place, text in enumerate(texts)] + [
            texts[0] + option for option in options[1:_MOST_BODIES]
        ]
        texts = list(dict.fromkeys(texts))[:_MOST_BODIES]
    return texts


def _options(item: Any, state: Any) -> list[str]:
    kind, value = item
    if kind is _constants.LITERAL:
        return [chr(value)]
    if kind in _ONE_CHARACTER:
        one = _compiler.compile(_parser.SubPattern(state, [item]), state.flags)
        return [character for character in _CANDIDATES + _of_set(item) if one.fullmatch(character)]
    if kind in _REPEATS:
        low, _, inner = value
        return [sample * max(low, 1) for sample in _samples(inner, state)]
    if kind is _constants.SUBPATTERN:
        return _samples(value[3], state)
    if kind is _constants.ATOMIC_GROUP:
        return _samples(value, state)
    if kind is _constants.BRANCH:
        return [sample for branch in value[1] for sample in _samples(branch, state)]
    return [""]


def _of_set(item: Any) -> str:
    """Characters that a set names, for those that nobody would think of."""
    kind, value = item
    if kind is not _constants.IN:
        return ""
    named = [chr(one) for what, one in value if what is _constants.LITERAL]
    named += [chr(one[0]) for what, one in value if what is _constants.RANGE]
    return "".join(named[:8])
