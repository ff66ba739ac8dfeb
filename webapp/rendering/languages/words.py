"""Languages that end their blocks with words or by indenting."""

from typing import Final

from webapp.rendering.languages import grammar as g
from webapp.rendering.languages.grammar import Row, make, of_words

_PYTHON: Final = make(
    [
        g.HASH,
        ("c", r"(?<=:\n)[ \t]{0,40}\"\"\"(?:[^\"\\]|\\[\s\S]|\"(?!\"\"))*+(?:\"\"\")?+"),
        ("s", r"\b[rRbBfFuU]{1,2}(?=[\"'])"),
        *(g.TRIPLE, g.TRIPLE_SINGLE, g.DOUBLE, g.SINGLE, g.DECORATOR, g.NUMBER, g.WORD),
    ],
    {
        "k": "and as assert async await break case class continue def del elif else except finally for from global"
        " if import in is lambda match nonlocal not or pass raise return try type while with yield",
        "n": "True False None NotImplemented",
        "t": "bool bytes dict float frozenset int list object set str tuple",
        "v": "self cls",
    },
    types_are_capital=True,
)
_PYTHON_CONSOLE: Final = make(
    [("xcode", r"^(?:>>>|\.\.\.)(?:[ ][^\n]*+)?"), ("", r"[^\n]++")],
    inner={"xcode": make([("c", r"\A(?:>>>|\.\.\.)"), ("xrest", r"[\s\S]++")], inner={"xrest": _PYTHON})},
)
_SQL: Final = make(
    [
        g.DASHES,
        g.STARS,
        g.DOUBLED,
        ("", r'"[^"\n]*+"?+|`[^`\n]*+`?+'),
        ("v", r"@{1,2}\w++|:\w++|\$\d++"),
        g.NUMBER,
        g.WORD,
    ],
    {
        "k": "add all alter analyze and any as asc begin between by cascade case check collate column commit"
        " conflict constraint create cross database declare default delete desc describe distinct do drop else"
        " elsif end except exec execute exists explain fetch filter first for foreign from full function grant"
        " group having if ilike in index inner insert intersect into is isnull join key language last lateral"
        " left like limit merge natural not nulls of offset on only or order outer over partition pragma"
        " primary procedure raise range recursive references replace restrict return returning returns revoke"
        " right rollback row rows schema select set show some table temp temporary then to top transaction"
        " trigger truncate union unique update using values view when where while window with without",
        "t": "array bigint bigserial binary bit blob boolean bool bytea char character date datetime decimal double"
        " float int integer interval json jsonb money nchar numeric nvarchar precision real serial smallint"
        " text time timestamp timestamptz tinyint uuid varchar varbinary",
        "n": "true false null current_date current_timestamp current_time",
        "f": "avg cast coalesce concat count extract lag lead lower max min now nullif rank round row_number sum upper",
    },
    folds_case=True,
)
_RUBY: Final = make(
    [
        g.HASH,
        ("c", r"^=begin\b[\s\S]*?(?:^=end\b|\Z)"),
        ("e", r"(?<=[=(,~] )/(?:[^/\\\n]|\\.){1,200}+/[a-z]{0,4}"),
        *(g.DOUBLE, g.SINGLE, g.BACKTICK, g.SYMBOL, ("n", r"[a-z_]\w*+:(?=\s)"), ("v", r"@{1,2}\w++|\$\w++")),
        *(g.NUMBER, g.WORD_ASKING),
    ],
    {
        "k": "BEGIN END alias and begin break case class def defined? do else elsif end ensure extend for if in"
        " include loop module next not or private protected public raise redo require require_relative rescue"
        " retry return then undef unless until when while yield attr_accessor attr_reader attr_writer",
        "n": "true false nil",
        "v": "self super",
        "f": "puts print p",
    },
    types_are_capital=True,
)
_R: Final = make(
    [g.HASH, g.DOUBLE_LINES, g.SINGLE, ("k", r"<-|->|%[^%\s]{1,20}%"), g.NUMBER, ("w", r"[^\W\d][\w.]*+")],
    {
        "k": "break else for function if in next repeat return while",
        "n": "TRUE FALSE NULL NA Inf NaN T F",
        "f": "library require source",
    },
)
_VHDL: Final = (
    "abs access after alias all and architecture array assert attribute begin block body buffer bus case component"
    " configuration constant downto else elsif end entity exit file for function generate generic group if impure in"
    " inout is label library linkage literal loop map mod nand new next nor not null of on open or others out"
    " package port process pure range record rem report return rising_edge falling_edge select severity shared"
    " signal sll srl subtype then to transport type unaffected units until use variable wait when while with xnor"
    " xor"
)

TABLE: Final[tuple[Row, ...]] = (
    (
        "Fortran",
        "fortran f90 f95 f77",
        of_words(
            [("c", r"![^\n]*+"), g.DOUBLE, g.SINGLE, ("n", r"\.(?:true|false)\."), g.NUMBER, g.WORD],
            "allocatable allocate call case contains cycle deallocate dimension do else elseif end enddo endif exit"
            " function if implicit in inout intent interface module none only open out parameter pointer print"
            " procedure program public private read return save select stop subroutine then type use where while"
            " write",
            "character complex double integer logical precision real",
            folds_case=True,
        ),
    ),
    (
        "GDScript",
        "gdscript gd godot",
        of_words(
            [g.HASH, g.TRIPLE, g.DOUBLE, g.SINGLE, g.DECORATOR, ("v", r"\$[\w/]++"), g.NUMBER, g.WORD],
            "and as await break class class_name const continue elif else enum extends for func if in is match not"
            " or pass return self signal static super var while",
            "bool float int void",
        ),
    ),
    (
        "GraphQL",
        "graphql gql",
        of_words(
            [g.HASH, g.TRIPLE, g.DOUBLE, ("v", r"\$\w++"), g.DECORATOR, ("a", r"[a-z_]\w*+(?=:)"), g.NUMBER, g.WORD],
            "directive enum extend fragment implements input interface mutation on query scalar schema subscription"
            " type union",
        ),
    ),
    (
        "Julia",
        "julia jl",
        of_words(
            [g.HASH, g.TRIPLE, g.DOUBLE, g.CHARACTER, g.SYMBOL, ("a", r"@\w++"), g.NUMBER, ("w", r"[^\W\d][\w!]*+")],
            "abstract baremodule begin break catch const continue do else elseif end export finally for function"
            " global if import in isa let local macro module mutable primitive quote return struct try type using"
            " where while",
        ),
    ),
    (
        "Lua",
        "lua luau",
        of_words(
            [
                ("c", r"--\[\[(?:[^\]]|\](?!\]))*+(?:\]\])?+"),
                ("s", r"\[\[(?:[^\]]|\](?!\]))*+(?:\]\])?+"),
                *(g.DASHES, g.DOUBLE, g.SINGLE, g.NUMBER, g.WORD),
            ],
            "and break do else elseif end for function goto if in local not or repeat return self then until while",
        ),
    ),
    (
        "MATLAB",
        "matlab octave",
        of_words(
            [g.PERCENT, g.DOUBLE, ("s", r"(?<![\w)\]}.'])'(?:[^'\n]|'')*+'?+"), g.NUMBER, g.WORD],
            "break case catch classdef continue else elseif end endfor endfunction endif endwhile for function"
            " global if methods otherwise parfor persistent properties return switch try while",
        ),
    ),
    (
        "Nim",
        "nim nimrod",
        of_words(
            [g.HASH, g.TRIPLE, g.DOUBLE, g.CHARACTER, ("a", r"\{\.[^}\n]{0,200}\.?\}"), g.NUMBER, g.WORD],
            "and as asm block break case cast concept const continue converter defer discard distinct div do elif"
            " else end enum except export finally for from func if import in include interface is isnot iterator let"
            " macro method mixin mod not object of or out proc ptr raise ref return shl shr static template try"
            " tuple type using var when while yield",
            "bool char float int seq string",
        ),
    ),
    (
        "Pascal",
        "pascal delphi objectpascal",
        of_words(
            [("c", r"\{[^}]*+\}?+"), g.PARENS, g.SLASHES, g.DOUBLED, g.NUMBER, g.WORD],
            "and array as begin case class const constructor destructor div do downto else end except finally for"
            " function if implementation in inherited interface is mod nil not object of or procedure program"
            " property raise record repeat set then to try type unit until uses var while with",
            "boolean byte char double integer real single string",
            folds_case=True,
        ),
    ),
    (
        "Perl",
        "perl pl",
        of_words(
            [
                ("c", r"^=[a-z]\w*+[\s\S]*?(?:^=cut\b|\Z)"),
                *(g.HASH_WORD, g.DOUBLE_LINES, g.SINGLE, ("v", r"[$@%]{1,2}(?:\w++|\{\w{1,40}\}|[_!@0&])")),
                ("e", r"(?<=~[ ])[msy]?r?/(?:[^/\\\n]|\\.){0,200}+/(?:[^/\n]{0,100}/)?[a-z]{0,6}|\bqw?\([^)]{0,400}\)"),
                *(g.NUMBER, g.WORD),
            ],
            "and bless chomp cmp defined delete die do each else elsif eq eval exists for foreach ge given gt if"
            " keys last le local lt my ne next no not or our package print printf push redo ref require return say"
            " scalar shift sort split sub unless until use values wantarray when while xor",
        ),
    ),
    ("Python", "python py python3 py3 pyi starlark bazel cython", _PYTHON),
    ("Python", "pycon python-console python-repl", _PYTHON_CONSOLE),
    ("R", "r rscript", _R),
    ("Ruby", "ruby rb gemfile rakefile crystal cr", _RUBY),
    ("SQL", "sql sqlite sqlite3 ddl duckdb mysql mariadb tsql t-sql mssql plsql plpgsql", _SQL),
    ("PostgreSQL", "postgresql postgres pgsql psql", _SQL),
    (
        "VB.NET",
        "vb vbnet vb.net vba vbscript basic",
        of_words(
            [("c", r"'[^\n]*+"), g.DOUBLE, g.NUMBER, g.WORD],
            "addhandler and andalso as byref byval call case catch class const dim do each else elseif end enum"
            " exit finally for friend function get global handles if implements imports in inherits interface is let"
            " loop me mod module mybase namespace new next not of on option optional or orelse overridable overrides"
            " private property protected public raiseevent readonly redim return select set shared static step"
            " structure sub then throw to try until using wend while with xor",
            "boolean byte date decimal double integer long object short single string variant",
            folds_case=True,
        ),
    ),
    (
        "VHDL",
        "vhdl",
        of_words(
            [g.DASHES, g.DOUBLE, g.CHARACTER, g.NUMBER, g.WORD],
            _VHDL,
            "bit bit_vector boolean integer natural positive real signed std_logic std_logic_vector string time"
            " unsigned",
            folds_case=True,
        ),
    ),
    (
        "WebAssembly",
        "wasm wat wast",
        of_words(
            [("c", r";;[^\n]*+"), g.DOUBLE, ("v", r"\$[\w.-]++"), g.NUMBER, ("w", r"[a-z][\w.]*+")],
            "block br br_if call call_indirect data else elem end export func global if import local loop memory"
            " module mut offset param result return start table then type unreachable",
            "f32 f64 funcref i32 i64 v128",
        ),
    ),
)
