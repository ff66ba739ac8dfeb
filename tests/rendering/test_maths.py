"""Formulas become MathML; prices, variables and broken formulas stay what was written."""

import re
import subprocess
import sys
from itertools import pairwise

import pytest

from tests.rendering.reading import tags, words
from webapp.rendering.markdown import render
from webapp.rendering.maths import MAX_CHARACTERS, MAX_DEPTH, to_mathml
from webapp.rendering.stream import BlockStream


def formulas(text: str) -> list[str]:
    """The sources of the formulas that a text shows as such."""
    return [tag.attributes["alttext"] for tag in tags(render(text)) if tag.name == "math"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (r"a \(x_1\) b", ["x_1"]),
        (r"a \[x^2\] b", ["x^2"]),
        ("a $x$ and $$y$$", ["x", "y"]),
        ("the $n$th, $n$-th, ($k$), **$z$**", ["n", "n", "k", "z"]),
        ("$`x`$ as others write it", ["x"]),
        ("设$x$为", ["x"]),
        (r"$\$5 + x$", [r"\$5 + x"]),
        (r"\\(x\\)", []),
        ("`$x$` and `\\(x\\)`", []),
        ("```\n$x$\n\\[\nx\n\\]\n```", []),
        ("```math\nx\n```", ["x"]),
        ("| $a$ | \\(b\\) |\n|---|---|\n| $c$ | d |", ["a", "b", "c"]),
        ("[a $x$ b](http://a.example)", ["x"]),
    ],
)
def test_formulas_are_found(text: str, found: list[str]) -> None:
    assert formulas(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "$5 and $6", "costs $5, or $6.", "US$5–$10", "$5-$10", "$5/$6", "from $1,000 to $2,000.", "$5 or 10$",
        "A$5 and C$6", "US$5/CA$6", "R$ 5 e R$ 6", "$20k/$30k", "$5 million and 10$", "$1.5M–$2M", "a $ b $ c", "$",
        "$HOME/$USER", "$PATH:$HOME/bin:$PATH", "$HOME is the directory, $USER the name", "${HOME}/${USER}",
        "$USER@$HOST", "$(pwd)/$(ls)", "echo $a/$b/", "$_GET['a'].$_POST['b']", "cp $SRC/$FILE $DST/$FILE",
        "$foo, $bar, $baz", "$a5$5", "run $A -c '$x'", "$ x$", "$x $", "\\$x\\$", "x$y$", "costs $x",
    ],
)  # fmt: skip
def test_prices_and_variables_stay_text(text: str) -> None:
    assert formulas(text) == []
    assert words(render(text)) == words(text.replace("\\$", "$"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (r"a $\frac{x$ b", r"$\frac{x$"),
        (r"a \(\frac{x\) b", r"\(\frac{x\)"),
        (r"a $$\unheardof$$ b", r"$$\unheardof$$"),
        ("\\[\n\\frac{x\n= y\n\\]", "\\[\n\\frac{x\n= y\n\\]"),
        ("$$\n\\unheardof\n$$", "$$\n\\unheardof\n$$"),
    ],
)
def test_a_broken_formula_shows_its_source(text: str, shown: str) -> None:
    assert formulas(text) == []
    plain = re.sub(r"</?span[^>]*>", "", render(text))  # without the colours of TeX
    assert re.search(rf"<code[^>]*>{re.escape(shown)}", plain)


@pytest.mark.parametrize("line", ["= b", "- b", "+ b", "> b", "# b", "1. b", "|b|", "---", "```"])
@pytest.mark.parametrize("delimiters", [("\\[", "\\]"), ("$$", "$$")])
@pytest.mark.parametrize(
    "around", ["{}", "Text:\n{}\nmore", "- item\n  {}\n- next", "1. {}\n2. next", "> {}\n", "> - {}"]
)
def test_lines_of_a_display_formula_are_no_markdown(line: str, delimiters: tuple[str, str], around: str) -> None:
    before, _, _ = around.partition("{")
    margin = "".join(" " if character in "-1." else character for character in before.rpartition("\n")[2])
    formula = f"\n{margin}".join([delimiters[0], "a", line, "c", delimiters[1]])
    html = render(around.replace("{}", formula))
    names = {tag.name for tag in tags(html)}
    shown = formulas(around.replace("{}", formula))
    assert shown == [f"a\n{line}\nc"] or (line in "# b ``` " and f"{line}\nc" in html)
    assert not names & {"h3", "h4", "hr"}


def test_what_stands_beside_the_delimiters_belongs_to_the_formula() -> None:
    assert formulas("$$ \\begin{aligned}\na &= b\n\\end{aligned} $$.") == ["\\begin{aligned} a &= b \\end{aligned}."]


@pytest.mark.parametrize(("opener", "closer"), [("\\[", "\\]"), ("$$", "$$"), ("> $$", "> $$")])
def test_a_formula_may_have_a_blank_line_in_it(opener: str, closer: str) -> None:
    margin = "> " if opener[0] == ">" else ""
    body = [r"\begin{matrix}", r"1 & 2 \\", "", "3 & 4", r"\end{matrix}"]
    text = "\n".join([opener, *(margin + line for line in body), closer])
    assert formulas(text) == ["\n".join(body)]


@pytest.mark.parametrize("name", ["align", "gather*", "align*", "aligned", "cases"])
def test_an_environment_needs_no_delimiters(name: str) -> None:
    tex = (
        f"\\begin{{{name}}}\na &= b_1 \\\\\n= c\n\\end{{{name}}}"
        if name[0] != "g"
        else f"\\begin{{{name}}}\na_1\n= b\n\\end{{{name}}}"
    )
    assert formulas(f"So:\n{tex}\nand") == [tex]
    assert formulas(f"- a\n\n  {tex.replace(chr(10), chr(10) + '  ')}\n") == [tex]
    assert formulas("\\begin{equation} E_1 = mc^2 \\end{equation}") == ["\\begin{equation} E_1 = mc^2 \\end{equation}"]


@pytest.mark.parametrize(
    ("tex", "shown"),
    [
        (r"\text{user_id}", "user_id"),
        (r"\text{5% & #1}", "5%\u00a0&#1"),
        (r"\text{if $x>0$}", "if\u00a0x>0"),
        (r"\text{if \(x>0\) so}", "if\u00a0x>0\u00a0so"),
        (r"\text{kJ/(kg \cdot K)}", "kJ/(kg\u00a0⋅\u00a0K)"),
        (r"\unknowncmd{x} + 1", "\\unknowncmdx+1"),
        (r"\textbf{a_b}", "a_b"),
        (r"\SI{5}{kJ}", "5kJ"),
    ],
)
def test_words_and_unknown_commands_cost_no_formula(tex: str, shown: str) -> None:
    html = to_mathml(tex, display=False)
    assert html is not None
    assert words(html.replace("\u00a0", " ")) == shown.replace("\u00a0", "")
    assert formulas(f"a ${tex}$ b") == [tex]
    assert formulas(f"a $${tex}$$ b") == [tex]


@pytest.mark.parametrize(
    ("tex", "shown"),
    [
        (r"\begin{alignat}{2} x &= 1 &\quad y &= 2 \end{alignat}", "x=1y=2"),
        (r"\begin{alignedat}{2} x &= 1 \end{alignedat}", "x=1"),
        (r"\begin{flalign*} x &= 1 \end{flalign*}", "x=1"),
        (r"\begin{eqnarray} x &=& 1 \\ y &=& 2 \end{eqnarray}", "x=1y=2"),
        (r"\Tr(A) + \rank B", "Tr\u2061(A)+rank\u2061B"),
        (r"\mathds{1} + \uline{x}", "𝟙+x\u0332"),
        (r"\href{https://a.example}{x}", "x"),
    ],
)
def test_other_environments_and_commands_are_understood(tex: str, shown: str) -> None:
    html = to_mathml(tex, display=True)
    assert html is not None
    assert words(html) == shown


def test_a_blank_line_before_a_sentence_ends_the_hope_for_a_formula() -> None:
    assert formulas("\\[\na\n\nsome words here\n\\]") == []
    assert words(render("\\[\na\n\nb")) == "[ab"


def test_code_that_looks_like_a_formula_is_shown_as_it_is() -> None:
    for code in ("\\[\na\n\\]", "$$\na\n$$"):
        assert code in render(f"~~~\n{code}\n~~~")
        assert code in render("\n".join(f"    {line}" for line in code.split("\n")))


def test_a_formula_has_no_numbers_that_nobody_wrote() -> None:
    assert "(1)" not in (to_mathml(r"\begin{align} a &= b \\ c &= d \end{align}", display=True) or "(1)")
    assert "(7)" in (to_mathml(r"x = 1 \tag{7}", display=True) or "")


@pytest.mark.parametrize(
    "tex",
    [
        r"\frac{-b \pm \sqrt{b^2 - 4ac}}{2a}", r"\sum_{i=0}^{n} x_i", r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}",
        r"f(x) = \begin{cases} 1 & x > 0 \\ 0 & \text{otherwise} \end{cases}", r"\boxed{x}", r"\cancel{x}",
        r"\begin{split} a &= b \end{split}", r"\sum_{\substack{i \\ j}}", r"\mathbb{R}", r"\color{red}{x}",
        r"\left\| x \right\|", r"\operatorname{argmax}_x", r"\begin{array}{c|c} a & b \\ \hline c & d \end{array}",
    ],
)  # fmt: skip
def test_what_models_write_is_understood(tex: str) -> None:
    html = to_mathml(tex, display=True)
    assert html is not None
    assert " style=" not in html


_HOSTILE = {
    "braces": "{" * MAX_CHARACTERS,
    "closed braces": "{" * (MAX_DEPTH - 1) + "x" + "}" * (MAX_DEPTH - 1),
    "accents": r"\hat" * (MAX_CHARACTERS // 4 - 2) + " x",
    "negations": r"\not" * (MAX_CHARACTERS // 4 - 2) + " x",
    "roots": r"\sqrt" * (MAX_CHARACTERS // 5 - 2) + " x",
    "environments": r"\begin{matrix}" * 90 + "x" + r"\end{matrix}" * 90,
    "itself": r"\def\a{\a\a}\a",
    "doubling": r"\newcommand\a[1]{#1#1}" + r"\a{" * 50 + "x" + "}" * 50,
    "doubling chain": "".join(
        rf"\newcommand{{\a{name}z}}[1]{{\a{then}z{{#1#1}}}}" for name, then in pairwise("abcdefghijklmnopqrstuvwxyz")
    )
    + r"\newcommand{\azz}[1]{#1}\aaz{x}",
    "long macro": r"\def\a{" + "x" * 2000 + "}" + r"\a" * 400,
    "primes": "x" + "'" * (MAX_CHARACTERS - 2),
    "long": "x" * (MAX_CHARACTERS + 1),
}


def test_no_formula_takes_the_process_down_or_takes_long() -> None:
    program = f"""
import resource, time
resource.setrlimit(resource.RLIMIT_DATA, (500_000_000, 500_000_000))
from webapp.rendering.maths import to_mathml
for name, tex in {_HOSTILE!r}.items():
    begin = time.process_time()
    html = to_mathml(tex, display=True)
    assert html is None or len(html) < 200_000, name
    assert time.process_time() - begin < 1, name
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.parametrize(
    "tex", [r"\newcommand{\a}[1]{#1}\a{x}", r"\def\a#1{#1}\a x", r"\renewcommand\abs[1]{#1#1}\abs{x}"]
)
def test_a_macro_with_an_argument_shows_its_source(tex: str) -> None:
    assert to_mathml(tex, display=False) is None


def test_a_colour_and_a_macro_without_argument_are_understood() -> None:
    assert to_mathml(r"\color{red}{x}", display=False) is not None
    assert to_mathml(r"\newcommand{\own}{\mathbb{R}}\own", display=False) is not None


def test_a_formula_is_not_painted_over_others() -> None:
    raised = to_mathml(r"\raisebox{9em}{x}", display=False) or ""
    assert "voffset" not in raised


@pytest.mark.parametrize(
    "text",
    [
        "$$\n\n" + "-  " * 5_000 + "x\n",
        "$$\n\n" + "1. >" * 5_000 + "x\n",
        "\\( a\n\nb " + "`" * 100_000,
        "1. \\[\n" * 5_000,
        "\n$$" * 20_000,
        "```\n```\n" * 20_000,
    ],
    ids=["openers", "containers", "ticks", "brackets", "dollars", "fences"],
)
def test_hostile_lines_take_no_time_and_no_room(text: str) -> None:
    program = "import sys; from webapp.rendering.markdown import render; print(len(render(sys.stdin.read())))"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=20, check=True)
    assert int(done.stdout) < 12 * len(text) + 10_000


def test_many_formulas_together_have_a_limit() -> None:
    assert len(render("".join(f"$x_{{{number}}}{'+y' * 800}$ " for number in range(200)))) < 2_000_000


def shown(text: str) -> list[str]:
    """What a reader sees in turn while the text grows, character by character."""
    stream, seen = BlockStream(), [""]
    for character in text:
        stream.append(character)
        html = "".join(block.html for block in stream.blocks()) + stream.tail.html
        if html != seen[-1]:
            seen.append(html)
    return seen


@pytest.mark.parametrize(
    "text",
    ["a $x^2 + y_1$ b", r"a \(x^2\) b", "a $$x$$ b", "\\[\nx\n= y\n\\]\n", "$$\nx\n- y\n$$\n",
     "- a\n  \\[\n  x\n  \\]\n",
     "```math\nx^2\n```\n", r"a \[x^2\] b", "**a $x$ b**"],
)  # fmt: skip
def test_half_a_formula_is_never_seen(text: str) -> None:
    for html in shown(text):
        assert not set("$\\^`[") & set(words(html))
        assert "<code" not in html
    assert "<math" in shown(text)[-1]


@pytest.mark.parametrize("text", ["It costs $5 and then $6.", "US$5 or so", "Between $5–$10 a day"])
def test_a_price_is_seen_as_it_grows(text: str) -> None:
    assert [len(words(html)) for html in shown(text)] == sorted(len(words(html)) for html in shown(text))
    for before, after in pairwise(shown(text)):
        assert words(after).startswith(words(before))


def test_a_formula_that_does_not_end_is_shown_at_last() -> None:
    assert "\\(x" not in render("").join(shown("\\(x + y"))
    assert "(x+" in words(shown("\\(x" + "+ y" * 90)[-1])
    assert "[x" in words(shown("\\[\nx\n" + "+ y\n" * 150)[-1] or "[x")
