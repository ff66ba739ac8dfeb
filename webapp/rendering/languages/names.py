"""The languages that are known: how each is called on the page, the names that models give it, its grammar."""

from typing import Final

from msgspec import Struct

from webapp.rendering.languages import braces, data, functional, lines, shells, web, words
from webapp.rendering.languages.grammar import Grammar, Row


class Language(Struct, frozen=True):
    """A language. Without a grammar it has a name and no colours."""

    label: str
    grammar: Grammar | None = None


def find(name: str) -> Language | None:
    """The language that ``name``, as written behind a fence, stands for; in whatever case."""
    return _BY_NAME.get(name.lower())


_SHAPED: Final[tuple[Row, ...]] = (
    ("ABNF", "abnf ebnf bnf", None),
    ("Assembly", "asm assembly nasm gas x86asm masm arm armasm", lines.ASSEMBLY),
    ("Batch", "bat batch cmd", shells.BATCH),
    ("CMake", "cmake", shells.CMAKE),
    ("Console", "console shell-session shellsession sh-session terminal", shells.CONSOLE),
    ("CSS", "css", web.CSS),
    ("CSV", "csv tsv", None),
    ("Diff", "diff patch udiff", lines.DIFF),
    ("Dockerfile", "dockerfile docker containerfile", shells.DOCKERFILE),
    ("Gherkin", "gherkin feature cucumber", lines.GHERKIN),
    ("HCL", "hcl terraform tf tfvars", data.HCL),
    ("HTML", "html htm xhtml", web.HTML),
    ("HTTP", "http", None),
    ("INI", "ini cfg conf dotenv env editorconfig properties systemd service gitconfig", data.INI),
    ("JavaScript", "javascript js mjs cjs node nodejs", web.JAVASCRIPT),
    ("Jinja", "jinja jinja2 django html+jinja twig liquid handlebars hbs erb ejs mustache", web.TEMPLATE),
    ("JSON", "json jsonc json5 jsonl ndjson geojson ipynb", data.JSON),
    ("JSX", "jsx react", web.JAVASCRIPT),
    ("LaTeX", "latex tex bibtex", lines.LATEX),
    ("Less", "less", web.CSS),
    ("Makefile", "make makefile mk", shells.MAKEFILE),
    ("Markdown", "markdown md mdx", lines.MARKDOWN),
    ("Mermaid", "mermaid", None),
    ("nginx", "nginx nginxconf", data.NGINX),
    ("PowerShell", "powershell ps1 pwsh ps", shells.POWERSHELL),
    ("Regex", "regex regexp", None),
    ("SCSS", "scss sass stylus", web.CSS),
    ("Shell", "bash sh shell zsh ksh fish shellscript", shells.SHELL),
    ("SVG", "svg", web.XML),
    ("Text", "text txt plain plaintext none output log", None),
    ("TOML", "toml", data.INI),
    ("TSX", "tsx", web.JAVASCRIPT),
    ("TypeScript", "typescript ts mts cts", web.JAVASCRIPT),
    ("Vim script", "vim viml vimscript", lines.VIM),
    ("Vue", "vue svelte astro", web.TEMPLATE),
    ("XML", "xml xsd xslt rss plist xaml csproj", web.XML),
    ("YAML", "yaml yml docker-compose openapi", data.YAML),
)
_TABLES: Final = (_SHAPED, braces.TABLE, functional.TABLE, words.TABLE)
_BY_NAME: Final = {
    name: Language(label, grammar) for table in _TABLES for label, names, grammar in table for name in names.split()
}
NAMES: Final = tuple(_BY_NAME)
