"""Shells, and files that are full of their commands."""

from typing import Final

from webapp.rendering.languages import grammar as g
from webapp.rendering.languages.grammar import make

_FLAG: Final = ("a", r"(?<=\s)--?[A-Za-z][\w-]*+")
_SHELL_RULES: Final = [
    g.HASH_WORD,
    ("s", r"\$'(?:[^'\\]|\\[\s\S])*+'?+"),
    *(g.DOUBLE_LINES, g.SINGLE_RAW, g.DOLLAR, _FLAG),
    ("v", r"(?<![\w$-])[A-Za-z_]\w*+(?==)"),
    ("e", r"\\[^\n]"),
    ("n", r"(?<![\w./:-])\d++(?![\w./:-])"),
    ("w", r"[^\W\d][\w.-]*+"),
]
_SHELL_WORDS: Final = {
    "k": "if then elif else fi for in do done while until case esac select function return break continue local export"
    " readonly declare typeset unset set shift source alias trap exit begin end switch and or not",
    "n": "true false",
    "f": "apt apt-get awk brew cargo cat cd chmod chown cp curl cut date dd df docker docker-compose du echo env eval"
    " exec find git go grep gzip head helm java kill kubectl less ln ls make man mkdir mount mv node npm npx openssl"
    " pip pip3 pnpm printf ps pwd python python3 read rm rmdir rsync scp sed ssh sudo systemctl tail tar tee test touch"
    " tr uniq unzip uv wc wget which xargs yarn zip sort",
}
SHELL: Final = make(_SHELL_RULES, _SHELL_WORDS)
_PROMPT: Final = r"[^\n$\#%>]{0,80}[$\#%>][ ]"
CONSOLE: Final = make(
    [("xcommand", rf"^{_PROMPT}[^\n]*+"), ("", r"[^\n]++")],
    inner={"xcommand": make([("c", rf"\A{_PROMPT}"), *_SHELL_RULES], _SHELL_WORDS)},
)
POWERSHELL: Final = make(
    [
        ("c", r"<\#(?:[^\#]|\#(?!>))*+(?:\#>)?+"),
        *(g.HASH, ("s", r'"(?:[^"`]|`[\s\S])*+"?+'), g.SINGLE_RAW),
        ("v", r"\$(?:\{[^}\n]{0,200}\}?|[\w:]++)"),
        ("t", r"\[[A-Za-z][\w.]{0,80}(?:\[\])?\]"),
        ("f", r"[A-Z][A-Za-z]{1,30}-[A-Z]\w*+"),
        ("a", r"(?<=\s)-[A-Za-z]\w*+"),
        *(g.NUMBER, g.WORD),
    ],
    {
        "k": "begin break catch class continue data do else elseif end enum exit filter finally for foreach from"
        " function hidden if in param process return static switch throw trap try until using while",
    },
    folds_case=True,
)
BATCH: Final = make(
    [
        ("c", r"^[ \t@]{0,20}(?:rem\b|::)[^\n]*+"),
        *(g.DOUBLE, ("v", r"%[^%\s]{1,80}%|%~?\w|%%\w|![^!\s]{1,80}!"), ("f", r"^[ \t]{0,20}:\w++"), _FLAG, g.WORD),
    ],
    {
        "k": "if else not exist defined for in do goto call exit setlocal endlocal set equ neq lss leq gtr geq",
        "f": "echo cd copy del dir md mkdir move pause rd ren rmdir start type xcopy",
    },
    folds_case=True,
)

DOCKERFILE: Final = make(
    [
        ("c", r"^[ \t]{0,40}\#[^\n]*+"),
        (
            "k",
            (
                r"^[ \t]{0,20}(?:FROM|RUN|CMD|LABEL|MAINTAINER|EXPOSE|ENV|ADD|COPY|ENTRYPOINT|VOLUME|USER|WORKDIR|ARG"
                r"|ONBUILD|STOPSIGNAL|HEALTHCHECK|SHELL)\b|(?<=\s)AS(?=\s)"
            ),
        ),
        *(g.DOUBLE, g.SINGLE, g.DOLLAR, _FLAG, ("v", r"(?<=\s)[A-Z_]\w*+(?==)"), g.WORD_DASHED),
    ],
    _SHELL_WORDS,
)
MAKEFILE: Final = make(
    [
        g.HASH_WORD,
        ("v", r"\$(?:\([^)\n]{0,200}\)?|\{[^}\n]{0,200}\}?|.)|^[\w.]{1,60}(?=[ ]{0,9}[:?+]?=)"),
        ("f", r"^[^\s:=\#$][^\n:=\#$]{0,80}(?=:(?!=))"),
        *(g.DOUBLE, g.SINGLE, _FLAG),
        ("k", r"^-?(?:include|ifeq|ifneq|ifdef|ifndef|else|endif|define|endef|export|override)\b"),
    ]
)
CMAKE: Final = make(
    [g.HASH, g.DOUBLE_LINES, g.DOLLAR, g.WORD],
    {"k": "if elseif else endif foreach endforeach while endwhile function endfunction macro endmacro", "n": "on off"},
    folds_case=True,
)
