"""Texts that are dear to read: each token of the notations that the app knows, again and again, alone and in pairs.

A parser that goes back does so at something that was opened and isn't closed, or closed and never opened. Which of
them a parser of tomorrow minds isn't known today, so the pairs are all there, and ``NAMED`` has what was found before.
"""

from collections.abc import Callable, Iterator
from typing import Final

Shape = Callable[[int], str]  # the text of so many characters, or a few more or less

TOKENS: Final = (
    *("*", "**", "_", "__", "~~", "`", "``", "```", "~~~", "***", "*a_", "a*", " *", "* "),
    *("[", "]", "![", "[^", "[^a]", "](", "](a)", "](<", "][", "[a]", "[a]: /b\n", "[^a]: b\n", "[x] ", "(", ")"),
    *("<", ">", "</", "<a", "<a ", "<!--", "-->", "<?", "?>", "<!A", "<![CDATA[", "]]>", "<b>", "</b>", "<br>", "<br"),
    *("<details>", "</details>", "<sub>", "</sub>", "<u>", '="', "='", '"', "'", "&", "&amp;", "&#", "&#x", ";"),
    *("$", "$$", "$`", "`$", "\\(", "\\)", "\\[", "\\]", "{", "}", "\\begin{a}", "\\end{a}", "\\text{", "^", "_{"),
    *("\\", "\\\\", "\\left(", "\\frac", "\\ce{", "#", "# ", "\n#", "> ", "- ", "1. ", "+ ", "    ", "\t", " ", "\n"),
    *(
        "\n\n",
        "a",
        "a ",
        "a\n",
        "|",
        "|-",
        "|\n",
        "|x|\n|-|\n",
        "---",
        "\n---\n",
        "===\n",
        ":",
        "[!NOTE]",
        "> [!NOTE]\n",
    ),
    *("http://", "https://a.b/", "www.", "www.a.b ", "@", "a@b.c ", "a@", "mailto:", "xmpp:", "://", ".", "-", "é"),
    *(
        "中",
        "א",
        "\u0301",
        "\u200b",
        "\u202e",
        "\u00a0",
        "\u2028",
        "\0",
        "\ud83d",
        "😀",
        "\ue000",
        "\r",
        "\x0b",
        "%",
        "+",
    ),
)


def repeated(unit: str) -> Shape:
    """``unit`` again and again."""
    return lambda size: unit * max(1, size // len(unit))


def opened(before: str, unit: str, after: str = "") -> Shape:
    """``before`` once, ``unit`` again and again, and ``after`` once."""
    return lambda size: before + unit * max(1, (size - len(before) - len(after)) // len(unit)) + after


def nested(left: str, right: str, inside: str = "") -> Shape:
    """``left`` again and again, and then ``right`` as often."""

    def text(size: int) -> str:
        times = max(1, (size - len(inside)) // (len(left) + len(right)))
        return left * times + inside + right * times

    return text


def growing(unit: str, gap: str = " ") -> Shape:
    """``unit`` once, then twice, and so on, with a ``gap`` between."""

    def text(size: int) -> str:
        parts, length, times = [], 0, 0
        while length < size:
            times += 1
            parts.append(unit * times)
            length += len(unit) * times + len(gap)
        return gap.join(parts)

    return text


def numbered(form: str) -> Shape:
    """``form`` with a number of its own in place of each ``{}``."""

    def text(size: int) -> str:
        parts, length, number = [], 0, 0
        while length < size:
            number += 1
            parts.append(form.replace("{}", str(number)))
            length += len(parts[-1])
        return "".join(parts)

    return text


def deeper(mark: str, word: str = "a\n") -> Shape:
    """A line with one ``mark`` before it, then one with two, and so on."""

    def text(size: int) -> str:
        parts, length, times = [], 0, 0
        while length < size:
            times += 1
            parts.append(mark * times + word)
            length += len(parts[-1])
        return "".join(parts)

    return text


NAMED: Final[dict[str, Shape]] = {
    "words": repeated("word "),
    "paragraphs": repeated("A paragraph of words.\n\n"),
    "one long line": repeated("x"),
    "address, brackets": opened("https://a.b/", ")"),
    "address, brackets of all kinds": opened("https://a.b/", ")]}>"),
    "address, marks": opened("https://a.b/", "?!.,"),
    "addresses and brackets": repeated("https://a.b/)))) "),
    "address in brackets": nested("(https://a.b/", ")"),
    "www": repeated("www.a.b "),
    "hosts": opened("www.", "a."),
    "host with underscores": opened("http://a", "_a"),
    "addresses without a space": repeated("https://a.b/"),
    "addresses with a space": repeated("https://a.b "),
    "e-mail, 1,900 and a paragraph": lambda size: "a@b.c " * min(1_900, size // 12) + "x" * (size // 2),
    "e-mail": repeated("a@b.c "),
    "e-mail without a space": repeated("a@b."),
    "one long e-mail": opened("", "a", "@"),
    "e-mail in angles": repeated("<a@b.c>"),
    "ampersands": repeated("&"),
    "ampersands and letters": repeated("&a"),
    "entities": repeated("&amp;"),
    "numbered entities": repeated("&#65;"),
    "entities without an end": repeated("&a;&#9999999;"),
    "footnotes, one definition": opened("[^a]: b\n\n", "[^a]"),
    "footnotes, definition behind": opened("", "[^a]", "\n\n[^a]: b\n"),
    "footnotes, all defined": numbered("[^{}] \n\n[^{}]: a\n\n"),
    "footnotes in a footnote": opened("[^a]: ", "[^a]"),
    "footnotes, none defined": numbered("[^{}]"),
    "formulas on lines": repeated("$$\na\n$$\n"),
    "formulas in lines": repeated("$a$ "),
    "formulas, unlike": numbered("$a_{}$ "),
    "formulas in brackets": repeated("\\(a\\) "),
    "formulas that stay open": repeated("\\("),
    "formulas that stay open, lines": repeated("\\[\n"),
    "formula of one command": opened("$", "\\frac{a}{b}", "$"),
    "formula, groups": lambda size: "$" + nested("{", "}", "a")(size - 2) + "$",
    "formula, roots": lambda size: "$" + nested("\\sqrt{", "}", "a")(size - 2) + "$",
    "formula, fractions": lambda size: "$" + nested("\\frac{a}{", "}", "a")(size - 2) + "$",
    "formula, scripts": opened("$a", "^a", "$"),
    "formula, left": lambda size: "$" + nested("\\left(", "\\right)")(size - 2) + "$",
    "formula, unknown commands": numbered("$\\foo{}$ "),
    "formula, one with unknown commands": lambda size: "$$" + numbered("\\foo{} ")(size - 4) + "$$",
    "formula, matrix": opened("$$\\begin{matrix}", "a&", "\\end{matrix}$$"),
    "formula, rows": opened("$$\\begin{aligned}", "a\\\\", "\\end{aligned}$$"),
    "formula, environments": lambda size: "$$" + nested("\\begin{cases}", "\\end{cases}")(size - 4) + "$$",
    "formula, chemistry": opened("$\\ce{", "H2O + ", "}$"),
    "formulas of chemistry": repeated("$\\ce{H2O}$ "),
    "formula, colours": opened("$", "\\color{red}a", "$"),
    "formula, texts": opened("$", "\\text{a $b$ c}", "$"),
    "formula, words": opened("$", "\\alpha ", "$"),
    "dollars": repeated("$"),
    "dollars and letters": repeated("a$"),
    "environments": repeated("\\begin{align}\na\n\\end{align}\n\n"),
    "tables, narrow": repeated("|a|\n|-|\n|b|\n\n"),
    "table, long": opened("|a|b|\n|-|-|\n", "|x|y|\n"),
    "table, one column": opened("a\n-\n", "|\n"),
    "table, wide": lambda size: "|x" * (size // 4) + "\n" + "|-" * (size // 4) + "\n",
    "table, 499 wide": lambda size: "|a" * 499 + "\n" + "|-" * 499 + "\n" + "|\n" * min(39, max(1, size // 2)),
    "tables, 499 wide": lambda size: ("|a" * 499 + "\n" + "|-" * 499 + "\n" + "|\n" * 30 + "\n") * max(1, size // 2060),
    "tables, 100 wide": lambda size: ("|a" * 99 + "\n" + "|-" * 99 + "\n" + "|\n" * 150 + "\n") * max(1, size // 700),
    "table heads": repeated("|-"),
    "pipes": repeated("|"),
    "pipes and lines": repeated("|\n"),
    "code in a table": opened("|a|\n|-|\n", "|`|`|\n"),
    "quotes": repeated("> "),
    "quotes, lines": repeated("> a\n"),
    "quotes, deeper": deeper(">"),
    "quotes, lazy": opened("> " * 50, "a\n"),
    "lists": repeated("- a\n"),
    "lists, nested in a line": repeated("- "),
    "lists, deeper": deeper("  ", "- a\n"),
    "lists, numbered": repeated("1. a\n"),
    "lists and quotes": repeated("> - "),
    "lists and quotes, deeper": deeper("> - "),
    "list, blank lines": opened("- a\n", "\n", "b"),
    "list, items without text": repeated("*\n"),
    "lists, loose": repeated("- a\n\n"),
    "tasks": repeated("- [ ] a\n"),
    "alerts": repeated("> [!NOTE]\n> a\n\n"),
    "headings": repeated("# a\n"),
    "headings, the same": repeated("## a\n\n"),
    "headings, unlike": numbered("# a{}\n"),
    "heading of hashes": opened("# ", "#"),
    "heading of many lines": opened("", "a\n", "==="),
    "underlines": repeated("a\n-\n"),
    "rules": repeated("***\n"),
    "rule that isn't one": opened("", "* ", "a"),
    "emphasis": repeated("*a_"),
    "emphasis, nested": nested("*a ", "*"),
    "emphasis, strong nested": nested("**a ", "**"),
    "emphasis, mixed": repeated("*_**__"),
    "emphasis, odd": opened("a", "**a*"),
    "emphasis, underscores": repeated("_a "),
    "emphasis, closing": repeated("a* "),
    "emphasis, many runs": growing("*", " a "),
    "strikes": repeated("~~a~~ "),
    "strikes open": repeated("~a "),
    "backticks, growing": growing("`"),
    "backticks, shrinking": lambda size: " ".join(reversed(growing("`")(size).split(" "))),
    "code in lines": repeated("`a` "),
    "code, open": repeated("`a "),
    "fences": repeated("```\na\n```\n"),
    "fences of languages": repeated("```python\nx = 1\n```\n"),
    "fences of drawings": repeated("```mermaid\nx\n```\n"),
    "fences, growing": growing("`", "\n"),
    "fences of waves": repeated("~~~\n"),
    "fences that open": repeated("```a\n"),
    "code by indent": repeated("    a\n"),
    "code by indent, blank lines": opened("    a\n", "\n", "    b"),
    "html comments": repeated("<!--"),
    "html comments, closed": repeated("<!-- a -->"),
    "html, dashes": opened("<!", "-"),
    "html instructions": repeated("<?"),
    "html data": repeated("<![CDATA["),
    "html declarations": repeated("<!A "),
    "html attributes": opened("<a", ' b="c"'),
    "html attributes, open": repeated('<a b="'),
    "html, spaces": opened("<a", " "),
    "details, open": repeated("<details>\n"),
    "details, with summaries": repeated("<details><summary>a</summary>\n\nb\n\n</details>\n\n"),
    "details, nested": nested("<details>\n\n", "\n\n</details>"),
    "tags, nested": nested("<div>", "</div>"),
    "tags let through": nested("<sub>", "</sub>"),
    "breaks": repeated("a<br>"),
    "links": repeated("[a](b) "),
    "links, nested": nested("[", "](a)"),
    "links, open": repeated("[a]("),
    "links, open angles": repeated("[a](<b"),
    "links, titles": repeated('[a](b "'),
    "link, brackets": lambda size: "[a](" + nested("(", ")")(size - 5) + ")",
    "link, text": opened("[", "a", "](b)"),
    "brackets": repeated("["),
    "brackets, closed": nested("[", "]"),
    "brackets, pairs": repeated("[]"),
    "brackets, backslashes": repeated("[\\"),
    "pictures": repeated("![a](b) "),
    "pictures, nested": nested("![", "](a)"),
    "definitions": numbered("[{}]: /a\n"),
    "definitions, the same": repeated("[a]: /b\n"),
    "definition, used": opened("[a]: /" + "b" * 1_000 + "\n\n", "[a]"),
    "definitions, used": lambda size: numbered("[{}]: /a\n")(size // 2) + "\n" + numbered("[{}]")(size // 2),
    "definition, long": opened("[", "a", "]: /b\n\n[a]"),
    "definition with title": repeated('[a]: /b "\n'),
    "definitions, open": repeated("[a]:\n"),
    "autolinks in angles": repeated("<http://a>"),
    "autolinks in angles, open": repeated("<http:"),
    "combining": opened("a", "\u0301"),
    "combining, each": repeated("e\u0301"),
    "zero-width": repeated("a\u200b"),
    "bidi": repeated("\u202ea\u202c"),
    "bidi, both": repeated("a א "),
    "no-break spaces": repeated("\u00a0"),
    "no-break spaces, few": lambda size: "\u00a0" * min(19_000, size) + "x",
    "emoji": repeated("👩\u200d👩\u200d👧"),
    "zeros": repeated("\0"),
    "surrogates": repeated("\ufffd"),
    "private characters": repeated("\ue000\ue001\ue200\ue201"),
    "separators": repeated("a\u2028"),
    "blank lines": repeated("\n"),
    "spaces": repeated(" "),
    "spaces, then a letter": opened("", " ", "a"),
    "lines of spaces": repeated(" \n"),
    "lines ending in spaces": repeated("a  \n"),
    "tabs": repeated("\t"),
    "tabs and lists": repeated("-\t"),
    "backslashes": repeated("\\"),
    "backslashes, lines": repeated("\\\n"),
    "carriage returns": repeated("a\r"),
    "chinese": repeated("中文。"),
    "chinese, strong": repeated("**中**文"),
    "chinese addresses": repeated("中http://a中"),
    "quotes, typographic": repeated("\"a\" 'b' "),
}

# Code whose grammar goes far ahead: what is opened and isn't closed, in each.
_CODE_UNITS: Final = (
    *(
        '"',
        "'",
        "`",
        "(",
        "{",
        "[",
        "/*",
        "//",
        "#",
        "<",
        "</",
        "<a ",
        "<!--",
        "\\",
        "a",
        "a ",
        "1",
        "1e",
        "=",
        ":",
        "- ",
    ),
    *(
        '"""',
        "'''",
        "$(",
        "${",
        "{{",
        "<<A\n",
        "@",
        "a:",
        "a=",
        "a(",
        "/",
        "/a/",
        "--",
        "%",
        "r#",
        "\n",
        " \n",
        "\t",
        "|",
    ),
)
_CODE_LANGUAGES: Final = (
    *("python", "javascript", "html", "css", "json", "yaml", "bash", "sql", "rust", "go", "java", "c", "ruby", "php"),
    *(
        "toml",
        "ini",
        "diff",
        "dockerfile",
        "make",
        "latex",
        "xml",
        "markdown",
        "haskell",
        "lua",
        "perl",
        "swift",
        "kotlin",
    ),
)


def pairs(tokens: tuple[str, ...] = TOKENS) -> Iterator[tuple[str, Shape]]:
    """Every two tokens in turn, every one many times before another as often, and one before many of another."""
    for left in tokens:
        yield f"({left!a})×n", repeated(left)
        yield f"a ({left!a})×n b", opened("a ", left, " b")
        for right in tokens:
            if left != right:
                yield f"({left!a} {right!a})×n", repeated(left + right)
                yield f"{left!a}×n {right!a}×n", nested(left, right)
                yield f"{left!a} ({right!a})×n", opened(left, right)


def code() -> Iterator[tuple[str, Shape]]:
    """Blocks of code of each language, of each thing that may be open in it, again and again."""
    for language in _CODE_LANGUAGES:
        for unit in _CODE_UNITS:
            yield f"{language} ({unit!a})×n", opened(f"```{language}\n", unit, "\n```\n")
