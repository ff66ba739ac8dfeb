"""Small programs for the stand-in's answers. They run as they are."""

from typing import Final, NamedTuple


class Snippet(NamedTuple):
    """A program: its language as in a code fence, what it does, its text, and what to know about it."""

    language: str
    does: str
    text: str
    notes: tuple[str, str, str]


_PYTHON: Final = Snippet(
    "python",
    "counts the words of a text",
    '''from collections import Counter
import re


def top_words(text: str, limit: int = 5) -> list[tuple[str, int]]:
    """The most frequent words of ``text``, the most frequent first."""
    words = re.findall(r"[\\w']+", text.lower())
    return Counter(words).most_common(limit)


if __name__ == "__main__":
    for word, count in top_words("the quick fox and the lazy dog and the bird"):
        print(f"{word:<8} {'#' * count}")''',
    (
        "`Counter` does the counting; ties keep the order in which the words first came.",
        "`\\w` also matches letters outside English, so *naïve* stays one word.",
        "Time is linear in the length of the text; memory grows with the number of different words.",
    ),
)

_JAVASCRIPT: Final = Snippet(
    "javascript",
    "waits until calls have stopped coming",
    """/** Calls `action` once, `delay` ms after the last call of the returned function. */
export function debounce(action, delay = 250) {
  let timer;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => action(...args), delay);
  };
}

const save = debounce((text) => console.log(`saved: ${text}`));
save("a");
save("ab"); // only this one is saved""",
    (
        "Each call takes the place of the one before it.",
        "`clearTimeout(undefined)` is allowed, so the first call needs no special case.",
        "Keep the returned function: a new one has a timer of its own.",
    ),
)

_SQL: Final = Snippet(
    "sql",
    "finds the newest order of each customer",
    """SELECT customer, placed_at, total
FROM (
    SELECT o.*, row_number() OVER (PARTITION BY customer ORDER BY placed_at DESC) AS place
    FROM orders AS o
) AS ranked
WHERE place = 1
ORDER BY total DESC;""",
    (
        "`row_number()` numbers the rows of each customer, the newest first.",
        "With `rank()` in its place, two orders at the same moment would both be listed.",
        "An index on `(customer, placed_at)` lets the database read the rows in order.",
    ),
)

_RUST: Final = Snippet(
    "rust",
    "adds up the numbers of a text",
    """fn total(lines: &str) -> Result<i64, std::num::ParseIntError> {
    lines.lines().map(|line| line.trim().parse::<i64>()).sum()
}

fn main() {
    assert_eq!(total("1\\n2\\n39"), Ok(42));
    assert!(total("1\\ntwo").is_err());
    println!("both checks passed");
}""",
    (
        "`sum` works on results too, and stops at the first error.",
        "Nothing is copied: each line is a slice of the text.",
        "The caller sees in the type that it can fail, and how.",
    ),
)

_BASH: Final = Snippet(
    "bash",
    "lists the ten largest files below a folder",
    """#!/usr/bin/env bash
set -euo pipefail

folder="${1:-.}"
find "$folder" -type f -printf '%s\\t%p\\n' | sort -rn | head -n 10 |
  while IFS=$'\\t' read -r size path; do
    printf '%10d  %s\\n' "$size" "$path"
  done""",
    (
        "`set -euo pipefail` ends the script at the first thing that goes wrong.",
        'Quotes around `"$folder"` keep names with spaces in one piece.',
        "`-printf` is GNU find; on other systems use `stat` instead.",
    ),
)

_HTML: Final = Snippet(
    "html",
    "shows a form that works without JavaScript",
    """<form method="post" action="/notes">
  <label for="text">Note</label>
  <textarea id="text" name="text" rows="3" required maxlength="500"></textarea>
  <button>Save</button>
</form>""",
    (
        "The label belongs to the field by its id, so a click on it focuses the field.",
        "`required` and `maxlength` are for comfort; the server checks again.",
        "A button in a form submits it; no script is needed.",
    ),
)

_BY_WORD: Final = {
    "javascript": _JAVASCRIPT,
    "typescript": _JAVASCRIPT,
    "debounce": _JAVASCRIPT,
    "sql": _SQL,
    "query": _SQL,
    "database": _SQL,
    "rust": _RUST,
    "bash": _BASH,
    "shell": _BASH,
    "html": _HTML,
    "css": _HTML,
}


def snippet_for(text: str) -> Snippet:
    """The program in the language that ``text`` names; Python if it names none of them."""
    lower = text.lower()
    return next((snippet for word, snippet in _BY_WORD.items() if word in lower), _PYTHON)
