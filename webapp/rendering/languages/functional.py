"""Languages of functions, and of logic."""

from typing import Final

from webapp.rendering.languages import grammar as g
from webapp.rendering.languages.grammar import Row, make, of_words

_HASKELL: Final = of_words(
    [g.BRACES, g.DASHES, g.DOUBLE, g.CHARACTER, g.NUMBER, ("w", r"[^\W\d][\w']*+"), ("e", r"->|<-|=>|::|\\(?=[a-z(])")],
    "alias as case class data default deriving do else exposing family forall foreign hiding if import in infix"
    " infixl infixr instance let module newtype of port qualified then type where",
)
_ML: Final = of_words(
    [
        g.PARENS,
        g.SLASHES,
        g.TRIPLE,
        g.DOUBLE,
        g.CHARACTER,
        ("t", r"(?<=[\s(])'[a-z]\w{0,20}"),
        g.NUMBER,
        ("w", r"[^\W\d][\w']*+"),
    ],
    "abstract and as assert async begin class constraint default do done downto elif else end exception external"
    " for fun function functor if in include inherit initializer inline interface lazy let match member method"
    " module mutable namespace new object of open or override private public rec return sig static struct then to"
    " try type use val virtual when while with yield",
    "bool char exn float int list option seq string unit",
)
_LISP: Final = make(
    [
        g.SEMICOLON,
        g.DOUBLE_LINES,
        ("n", r"(?<=[\s(\[{]):[\w*+!?./-]++|\#[tf]\b|\#\\\w++"),
        g.NUMBER,
        ("w", r"[^\W\d][\w*+!?<>=/.-]*+"),
    ],
    {
        "k": "and begin case cond cond-> def define define-syntax defmacro defmethod defmulti defn defn-"
        " defparameter defprotocol defrecord defstruct deftype defun defvar defclass defgeneric do doseq"
        " dotimes dolist else fn for if if-let if-not import in-package lambda let let* letfn letrec loop match"
        " module ns or progn provide quasiquote quote recur require return setf setq set! struct syntax-rules"
        " throw try unless use when when-let while",
        "n": "true false nil t",
        "f": "apply assoc car cdr conj cons count display filter first format list map mapcar not null print"
        " println reduce rest str swap! vector",
    },
)
_ELIXIR: Final = make(
    [
        *(
            g.HASH,
            g.TRIPLE,
            g.DOUBLE,
            g.SINGLE,
            ("s", r"~[a-zA-Z](?:\"[^\"\n]*+\"?|/[^/\n]*+/?|\([^)\n]*+\)?)"),
            g.SYMBOL,
        ),
        *(("n", r"[a-z_]\w*+:(?=\s)"), g.DECORATOR, g.NUMBER, g.WORD_ASKING),
    ],
    {
        "k": "after alias and case catch cond def defdelegate defexception defguard defimpl defmacro defmodule defp"
        " defprotocol defstruct do else end fn for if import in not or quote raise receive require rescue super"
        " throw try unless unquote use when with",
        "n": "true false nil",
    },
    types_are_capital=True,
)
TABLE: Final[tuple[Row, ...]] = (
    ("Clojure", "clojure clj cljs edn", _LISP),
    ("Elixir", "elixir ex exs heex", _ELIXIR),
    ("Elm", "elm", _HASKELL),
    (
        "Erlang",
        "erlang erl",
        of_words(
            [g.PERCENT, g.DOUBLE, g.SINGLE, ("a", r"^-[a-z]\w*+"), ("v", r"[A-Z_]\w*+"), g.NUMBER, g.WORD],
            "after and andalso begin case catch cond div end fun if let maybe not of or orelse receive rem try when"
            " xor",
        ),
    ),
    ("F#", "fsharp f# fs", _ML),
    ("Haskell", "haskell hs", _HASKELL),
    ("Lisp", "lisp common-lisp commonlisp cl elisp emacs-lisp", _LISP),
    (
        "Nix",
        "nix",
        of_words(
            [
                g.HASH,
                g.STARS,
                ("s", r"''(?:[^']|'(?!'))*+(?:'')?+"),
                g.DOUBLE_LINES,
                ("a", r"[\w.-]{1,80}(?=[ ]=[ ])"),
                g.NUMBER,
                g.WORD_DASHED,
            ],
            "assert else if import in inherit let or rec then with",
        ),
    ),
    ("OCaml", "ocaml ml reason rescript", _ML),
    (
        "Prolog",
        "prolog",
        of_words(
            [g.PERCENT, g.STARS, g.DOUBLE, g.SINGLE, ("k", r":-|-->|\?-"), ("v", r"[A-Z_]\w*+"), g.NUMBER, g.WORD],
            "is mod not",
        ),
    ),
    ("Racket", "racket rkt", _LISP),
    ("Scheme", "scheme scm", _LISP),
)
