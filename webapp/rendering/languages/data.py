"""Data and settings."""

from typing import Final

from webapp.rendering.languages import grammar as g
from webapp.rendering.languages.grammar import make

CONSTANTS: Final = "true false null nil none undefined yes no on off"

JSON: Final = make(
    [
        *(g.SLASHES, g.STARS, ("a", r'"(?:[^"\\\n]|\\.)*+"(?=\s{0,9}:)'), g.DOUBLE, g.SINGLE),
        ("n", r"-?(?<![\w.])\d[\d.]*+(?:[eE][+-]?\d++)?+"),
        g.WORD,
    ],
    {"n": CONSTANTS},
)
_BARE: Final = r"[^\s,\[\]{}\#'\":][^\s,\[\]{}]*+"
YAML: Final = make(
    [
        g.HASH_WORD,
        (
            "a",
            r"^(?:[ ]|-[ ]){0,60}(?:\"[^\"\n]{0,80}\"|'[^'\n]{0,80}'|[^\s\#:\"'\[\]{},&*!|>-][^:\n\#\"]{0,80}+)(?=:\s)",
        ),
        ("a", r"(?<=[{,])[ ]{0,4}[\w-]{1,60}(?=:[ ])"),
        ("s", r"\"(?:[^\"\\]|\\[\s\S])*+\"?+|(?<=[\s\[{,])'(?:[^'\n]|'')*+'?+"),
        ("v", r"(?<=\s)[&*][\w-]++"),
        ("k", r"^(?:---|\.\.\.)|(?<=\s)!{1,2}\w*+|(?<=[:\s-][ ])[|>][+-]?\d?(?=\n)"),
        ("n", r"(?<=[:\s,\[-])-?\d[\d._]*+(?:[eE][+-]?\d++)?+(?=[\s,\]}])"),
        ("w", _BARE),
    ],
    {"n": CONSTANTS},
    folds_case=True,
)
INI: Final = make(
    [
        ("c", r"^[ \t]{0,40}[;\#][^\n]*+|(?<=\s)\#[^\n]*+"),
        ("h", r"^[ \t]{0,40}\[[^\]\n]*+\]{0,2}"),
        ("a", r"^[ \t]{0,40}(?:export[ ])?[\w.\"'-]{1,80}(?=[ \t]{0,20}[=:])"),
        *(g.TRIPLE, g.TRIPLE_SINGLE, g.DOUBLE, ("s", r"(?<=[\s=\[,])'[^'\n]*+'?+"), g.DOLLAR),
        ("n", r"(?<![\w.-])[-+]?\d[\w.:+-]*+"),
        g.WORD_DASHED,
    ],
    {"n": CONSTANTS},
    folds_case=True,
)
HCL: Final = make(
    [
        *(g.HASH, g.SLASHES, g.STARS, ("a", r"^[ \t]{0,60}[\w-]{1,60}(?=[ ]{0,40}=(?!=))"), g.DOUBLE, g.NUMBER),
        g.WORD_DASHED,
    ],
    {
        "k": "resource data variable output module provider terraform locals moved import check for in if else endif"
        " endfor dynamic backend required_providers lifecycle provisioner",
        "n": "true false null",
        "t": "string number bool list map set object tuple any",
        "v": "var local each self count path",
    },
)
NGINX: Final = make(
    [g.HASH, g.DOUBLE, g.SINGLE, g.DOLLAR, ("k", r"^[ \t]{0,60}[a-z_]\w*+"), ("n", r"(?<=\s)\d++[a-z]?(?=[\s;])")]
)
