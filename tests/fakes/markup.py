"""Holds HTML to what browsers need to read it as it was meant, and people to use it; and to the content policy."""

from collections import Counter
from html.parser import HTMLParser
from typing import Final

VOID: Final = frozenset({"br", "hr", "img", "input", "link", "meta", "base"})
CONTROLS: Final = frozenset({"input", "select", "textarea"})
PHRASING_ONLY: Final = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "span", "button", "summary", "label"})
BLOCKS: Final = frozenset(
    {"p", "div", "ul", "ol", "form", "article", "header", "footer", "details", "nav", "main", "pre"}
)
NAMED: Final = frozenset({"a", "button", "summary"})
INTERACTIVE: Final = frozenset({"a", "button", "summary", "select"})
REFERENCES: Final = ("for", "popovertarget", "aria-labelledby", "aria-describedby", "aria-controls", "list")


class Markup(HTMLParser):
    """Reads HTML, and tells what is wrong with it in `problems`; `open` has the elements that were never closed."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.problems: list[str] = []
        self.open: list[str] = []
        self.ids: Counter[str] = Counter()
        self.text: list[str] = []
        self._references: list[tuple[str, str]] = []
        self._controls: list[dict[str, str]] = []
        self._names: list[list[str]] = []  # of the buttons and links around what is being read
        self.feed(html)
        self.close()
        self._look_back()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self._check_attributes(tag, attributes, [name for name, _ in attrs])
        self._check_place(tag)
        if tag not in VOID:
            self.open.append(tag)
        if tag in CONTROLS and attributes.get("type") not in ("hidden", "checkbox") and "label" not in self.open:
            self._controls.append(attributes)
        if tag in NAMED:
            self._names.append([attributes.get("aria-label", "")])
        if tag == "img" and self._names:
            self._names[-1].append(attributes.get("alt", ""))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.problems.append(f"<{tag}/> does not close itself")
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if self.open[-1:] == [tag]:
            self.open.pop()
        else:
            self.problems.append(f"</{tag}> closes {self.open[-1:] or 'nothing'}")
        if tag in NAMED and self._names and not "".join(self._names.pop()).strip():
            self.problems.append(f"<{tag}> without words, at line {self.getpos()[0]}")

    def handle_data(self, data: str) -> None:
        self.text.append(data)
        if self.open[-1:] in (["script"], ["style"]) and data.strip():
            self.problems.append(f"text in <{self.open[-1]}>")
        if self._names:
            self._names[-1].append(data)

    def _check_attributes(self, tag: str, attributes: dict[str, str], names: list[str]) -> None:
        self.problems += [f"<{tag}> has {name} twice" for name, count in Counter(names).items() if count > 1]
        self.problems += [f"<{tag} {name}>" for name in names if name == "style" or name.startswith(("on", "hx-on"))]
        if tag == "style" or (tag == "script" and not attributes.get("src", "").startswith("/assets/")):
            self.problems.append(f"<{tag}> in the page")
        if tag == "form" and not _can_be_sent(attributes):
            self.problems.append(f"a form without a way to send it: {attributes}")
        if tag == "img" and "alt" not in attributes:
            self.problems.append("a picture without words")
        if attributes.get("href", "").lower().startswith(("javascript:", "data:")):
            self.problems.append(f"a link that runs: {attributes['href']}")
        if "id" in attributes:
            self.ids[attributes["id"]] += 1
        self._references += [(name, attributes[name]) for name in REFERENCES if name in attributes]
        if attributes.get("hx-target", "").startswith("#") and tag != "hx-partial":
            self._references.append(("hx-target", attributes["hx-target"][1:]))

    def _check_place(self, tag: str) -> None:
        around = next((one for one in reversed(self.open) if one in PHRASING_ONLY), "")
        if tag in BLOCKS and around:
            self.problems.append(f"<{tag}> in <{around}>")
        if tag in INTERACTIVE and set(self.open) & (INTERACTIVE - {"summary"}):
            self.problems.append(f"<{tag}> in {self.open}")
        if tag == "form" and "form" in self.open:
            self.problems.append("a form in a form")

    def _look_back(self) -> None:
        self.problems += [f"id {name!r} {count} times" for name, count in self.ids.items() if count > 1]
        labelled = {value for name, value in self._references if name == "for"}
        self.problems += [f"a label for {one!r}, which is not here" for one in labelled - set(self.ids)]
        self.problems += [f"no label for {one}" for one in self._controls if not {one.get("id")} & labelled]

    def dangling(self) -> list[str]:
        """References to ids that are not here. A fragment may have some: their elements are on the page."""
        return [f"{name}={value}" for name, value in self._references if value not in self.ids]


def _can_be_sent(form: dict[str, str]) -> bool:
    """Whether a form goes to an address of ours, or closes the dialog that it stands in."""
    method, action = form.get("method"), form.get("action", "")
    if form.get("role") == "search" and method is None:
        method = "get"
    return method == "dialog" or (method in ("get", "post") and action.startswith("/"))
