"""Languages of which each line has a shape of its own: prose with marks, differences, machine code."""

from typing import Final

from webapp.rendering.languages import grammar as g
from webapp.rendering.languages.grammar import make

LATEX: Final = make(
    [
        ("e", r"\\[^A-Za-z\n]"),
        g.PERCENT,
        ("k", r"\\(?:begin|end|documentclass|usepackage|newcommand|section|subsection|chapter|item)\b"),
        ("t", r"(?<=\\begin\{)[\w*]++|(?<=\\end\{)[\w*]++"),
        ("f", r"\\[A-Za-z@]++\*?"),
        ("e", r"[$&_^]"),
    ]
)
MARKDOWN: Final = make(
    [
        ("s", r"^(?P<fence>`{3,9}|~{3,9})[^\n]*+\n[\s\S]*?(?:^(?P=fence)|\Z)"),
        ("h", r"^\#{1,6}[ ][^\n]*+"),
        ("c", r"^[ ]{0,3}>[^\n]*+"),
        ("k", r"^[ \t]{0,20}(?:[-*+]|\d{1,9}[.)])(?=\s)|^(?:---|\*\*\*|___)$"),
        ("s", r"`[^`\n]{1,200}`"),
        ("t", r"\*\*[^*\n]{1,200}\*\*|__[^_\n]{1,200}__"),
        ("e", r"(?<![*\w])\*[^*\s][^*\n]{0,200}\*"),
        ("f", r"!?\[[^\]\n]{0,200}\]\([^)\n]{0,300}\)"),
    ]
)
DIFF: Final = make(
    [
        ("h", r"^(?:diff|index|---|\+\+\+|Index:|new file|deleted file|rename|similarity)[^\n]*+"),
        ("a", r"^@@[^\n]*+"),
        ("i", r"^[+>][^\n]*+"),
        ("d", r"^[-<][^\n]*+"),
        ("", r"[^\n]++"),
    ]
)
ASSEMBLY: Final = make(
    [
        *(("c", r"[;\#](?![0-9-])[^\n]*+|//[^\n]*+"), g.STARS, g.DOUBLE, g.SINGLE),
        ("f", r"^[\w.$@?]++(?=:)"),
        ("a", r"(?<![\w%])\.[a-z]\w*+|^[ \t]{0,40}(?:section|global|extern|bits|default|org|align)\b"),
        ("k", r"^[ \t]{1,40}[a-z][a-z\d.]{0,11}\b|(?<=:)[ \t]{1,20}[a-z]{2,8}\b"),
        ("t", r"\b(?:byte|word|dword|qword|ptr|db|dw|dd|dq|resb|resd|resq|equ)\b"),
        (
            "v",
            r"%?\b(?:[re]?[abcd]x|[abcd][lh]|[re]?(?:si|di|sp|bp|ip)|r\d{1,2}[dwb]?|[xw]\d{1,2}|[xyz]mm\d{1,2}|lr|pc|a\d|t\d)\b",
        ),
        ("n", r"[$\#]-?(?:0x)?[\da-fA-F]++\b|\b\d[\da-fA-FxhX_]*+\b"),
        ("", r"\w++"),
    ],
    folds_case=True,
)
VIM: Final = make(
    [("c", r"^[ \t:]{0,40}\"[^\n]*+"), g.DOUBLE, g.SINGLE, ("v", r"[gbwtsla]:\w++|&\w++"), g.NUMBER, g.WORD],
    {
        "k": "let set setlocal if elseif else endif for endfor while endwhile function endfunction return call execute"
        " autocmd augroup command map nmap nnoremap inoremap vnoremap noremap colorscheme syntax filetype source"
    },
)
GHERKIN: Final = make(
    [
        g.HASH,
        ("h", r"^[ \t]{0,20}(?:Feature|Background|Scenario(?:[ ]Outline)?|Examples|Rule):[^\n]*+"),
        ("k", r"^[ \t]{0,20}(?:Given|When|Then|And|But|\*)(?=[ ])"),
        *(g.TRIPLE, g.DOUBLE, ("v", r"<[^>\n]{1,80}>"), ("a", r"@[\w-]++"), g.NUMBER),
        ("", r"\w++"),
    ]
)
