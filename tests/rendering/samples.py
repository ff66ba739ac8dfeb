"""Markdown for the tests of rendering: a document with everything on it, and strategies for any other."""

from hypothesis import strategies as st

DOCUMENT = """\
Hello! Here's an *overview* with ***both*** and `a` and ``b ` c``, `x*y`, 2*3=6, snake_case_name, ~5 to ~10, $5 and $6.

## Heading with `code` and **bold**

Steps:

- **First**: use [the docs](https://example.org/a_(b)?x=1&y "title") and ![a picture](https://example.org/p.png).
- [ ] open task
- [x] done **task**
  1. nested `one`
  2. nested **two**
- last

1. loose one

2. loose *two*

   ```python
   def f(): pass
   ```

3. loose three

Here is a table:

| Name | *Value* |
|:-----|--------:|
| a `b` | **bold** x |
| [l](http://x.example) | 3 |

And a paragraph directly:
| H | I |
|---|---|
| 1 | 2 |

> A quote with **bold** text
> over two lines and `code`.

> [!NOTE]
> An alert *here*.

***

```python
if a < b and "c":
    print(`x`)
```

Setext
======

Another
---

See <https://example.com/foo> and https://example.org/bar.

A line with _underscore emphasis_ and __strong__ ones, **bold with *nested em* inside**, ~~gone~~.
Second line\\
after a break. 你好**重点**。

<div>
raw
</div>

The end.
"""

FOOTNOTES = """
Text with a note[^1] and another[^2].

[^1]: The first note.
[^2]: The second **note**.
"""

_LINES = """\
para|text *a*|**b** `c`|# h|## h2|---|===|***|- a|- |-|* b|+ c|1. x|2. y|1) z|10. ten|   cont|  two|    four|      six
> q|> - l|> ```|> # h|>|- > q|  > q|   - n|     - nn|- ```|  ```|   ```|    ```|```|```py|~~~|````|``` x`y
<div>|</div>|<!-- c|-->|<!-- x -->|<pre>|</pre>|<foo>|<b>x|<?php|?>|<script>|</script>|<a
a&b|- - -|-\tx|1.\ty|\tcode|\t|  |\\|text\\|- ( ) x|* * *|_ _ _|=|--|1|#|#x|$5|x^2|\u00a0|\u2028|\x0c|\ufeff""".replace(
    "\n", "|"
).split("|")
_TABLES = [
    "| a | b |",
    "|---|---|",
    "| 1 | 2 |",
    "a | b",
    "--- | ---",
    "|",
    "|-|",
    "- | a |",
    "  |---|",
    "> | a |",
    "> |---|",
]
_REFERENCES = [
    "[^1]: note",
    "[^1] ref",
    "[a]: /u",
    "[a]",
    "[^1]: [a]: /x",
    "[a]:",
    "/url",
    "'title",
    "le'",
    "> [a]: /x",
    "[x](http://y)",
]
_FORMULAS = [
    "\\[",
    "\\]",
    "$$",
    "$$ x",
    "= y $$",
    "- $$",
    "  $$",
    "    \\[",
    "> \\[",
    "> \\]",
    "> x",
    "2. \\[",
    "   \\]",
    "= x",
    "\\frac{a}{b}",
    "a $x_1$ b",
    "\\(x\\) and \\[y\\]",
    "$5 and $6",
    "$HOME/$USER",
    "$\\text{<b>}$",
    "```math",
    "### h",
]


def _documents(lines: list[str]) -> st.SearchStrategy[str]:
    line = st.tuples(st.sampled_from(lines), st.sampled_from(["\n", "\n", "\n", "\n\n", "\r\n"])).map("".join)
    return st.lists(line, max_size=12).map("".join)


# Documents in which no block depends on another one: every part shows the same alone and in the whole.
independent = _documents([*_LINES, *_TABLES, "", ""])
any_markdown = st.one_of(
    _documents([*_LINES, *_TABLES, *_REFERENCES, "", ""]),
    _documents([*_FORMULAS, *_FORMULAS, *_LINES]),
    st.text(alphabet="$`*_~[]()<>!|-+=#>1.:^\\&\"' \n\r\tab\x00\ud800\u202e\ufeff", max_size=80),
    st.text(max_size=40),
)
