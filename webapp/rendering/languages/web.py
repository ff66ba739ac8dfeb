"""Languages of the web: scripts, styles, markup, and markup with scripts and styles inside."""

from typing import Final

from webapp.rendering.languages import grammar as g
from webapp.rendering.languages.grammar import make

_JS_WORDS: Final = {
    "k": "async await break case catch class const continue debugger default delete do else export extends finally for"
    " from function get if import in instanceof let new of return set static super switch throw try typeof var void"
    " while with yield abstract as asserts declare enum implements infer interface is keyof namespace override private"
    " protected public readonly satisfies type unique",
    "n": "true false null undefined NaN Infinity",
    "t": "any bigint boolean never number object string symbol unknown",
    "v": "this globalThis arguments",
}
_REGEX_PLACE: Final = r"(?:(?<=[=(,:!&|?;\[])|(?<=[=(,:!&|?;\[][ ]))"
_REGEX_BODY: Final = r"/(?![*/ ])(?:[^/\\\n\[]|\\.|\[(?:[^\]\\\n]|\\.){0,80}+\]){1,200}+/[a-z]{0,8}"
_JS_REGEX: Final = ("e", _REGEX_PLACE + _REGEX_BODY)
_JSX_TAG: Final = ("k", r"(?<![\w)\]])</?[A-Za-z][\w.:-]*+|(?<=[\w\"'}\s])/>|</>")
_JSX_ATTRIBUTE: Final = ("a", r"(?<=\s)[A-Za-z][\w-]*+(?==[{\"'])")
_JS_RULES: Final = [
    *(g.SLASHES, g.STARS, _JS_REGEX, g.DOUBLE, g.SINGLE, g.BACKTICK, g.DECORATOR, _JSX_TAG, _JSX_ATTRIBUTE, g.NUMBER),
    ("w", r"[^\W\d][\w$]*+|\$[\w$]*+"),
]
JAVASCRIPT: Final = make(_JS_RULES, _JS_WORDS, types_are_capital=True)

_CSS_RULES: Final = [
    *(g.STARS, ("c", r"(?<![:\w\"'(])//[^\n]*+"), g.DOUBLE, g.SINGLE),
    ("k", r"@[\w-]++|![a-z]++"),
    ("v", r"\$[\w-]++|--[\w-]++|@\{[\w-]{0,80}\}"),
    ("n", r"\#[\da-fA-F]{3,8}\b(?!\s?\{)"),
    ("a", r"[a-z-]++(?=[ ]?:\s)"),
    ("t", r"[.\#][A-Za-z_][\w-]*+"),
    ("e", r"::?[a-z-]++(?![\w-]*+;)"),
    g.NUMBER,
    ("w", r"[A-Za-z][\w-]*+"),
]
CSS: Final = make(_CSS_RULES, {"k": "and not or only from to"})

_TAG: Final = make(
    [
        ("k", r"\A</?[^\s<>/]++|/?>\Z"),
        ("s", r"\"[^\"]*+\"?+|'[^']*+'?+"),
        ("a", r"[^\s=\"'<>/]++"),
    ]
)
_OPENING: Final = r"(?:[^<>\"']|\"[^\"]*+\"?+|'[^']*+'?+)*+>?+"
_INSIDE_TAG: Final = {"xtag": _TAG}
_SCRIPT: Final = make(
    [("xtag", r"\A<script\b" + _OPENING), *_JS_RULES], _JS_WORDS, types_are_capital=True, inner=_INSIDE_TAG
)
_STYLE: Final = make([("xtag", r"\A<style\b" + _OPENING), *_CSS_RULES], inner=_INSIDE_TAG)
_MARKUP: Final = [
    g.MARKUP_COMMENT,
    ("s", r"<!\[CDATA\[(?:[^\]]|\](?!\]>))*+(?:\]\]>)?+"),
    ("a", r"<[!?][^>]*+>?+"),
    ("xtag", r"</?[A-Za-z]" + _OPENING),
    ("e", r"&\#?\w{1,30};"),
]
_EMBEDDED: Final = [
    ("xscript", r"<script\b[\s\S]*?(?=</script|\Z)"),
    ("xstyle", r"<style\b[\s\S]*?(?=</style|\Z)"),
]
_INSIDE: Final = {"xtag": _TAG, "xscript": _SCRIPT, "xstyle": _STYLE}
XML: Final = make(_MARKUP, inner=_INSIDE_TAG)
HTML: Final = make([*_EMBEDDED, *_MARKUP], inner=_INSIDE)
TEMPLATE: Final = make(
    [
        ("c", r"\{\#(?:[^\#]|\#(?!\}))*+(?:\#\})?+"),
        ("e", r"\{\{(?:[^}]|\}(?!\}))*+(?:\}\})?+"),
        ("k", r"\{%(?:[^%]|%(?!\}))*+(?:%\})?+|<%(?:[^%]|%(?!>))*+(?:%>)?+"),
        *_EMBEDDED,
        *_MARKUP,
    ],
    inner=_INSIDE,
)
