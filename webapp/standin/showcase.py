"""One answer with every kind of thing that an answer can hold: to see how each of them looks."""

from typing import Final

SHOWCASE: Final = r'''
All that an answer can hold, one of each. Text may be **strong**, *stressed*, ***both***, ~~struck out~~ or `code`.

A link can be [named](https://example.org/a-page "with a title") or bare, as in https://example.org/?q=1.

An address is someone@example.org. 中文和**强调**也可以。

### Lists

1. First, with a list inside:
   - one
   - two, with `code` and more words than fit into one line of a narrow column, so that the line breaks somewhere
     - deeper still
2. Second, with a paragraph of its own.

   That paragraph belongs to the second item.
3. Third.

- [x] A task that is done
- [ ] A task that is not
  - [ ] and its smaller sister

### A table

| Planet  | Radius (km) | Moons | Note |
|---------|------------:|:-----:|------|
| Mercury | 2,440       | 0     | closest to the sun, and quick: 88 days a year |
| Earth   | 6,371       | 1     | home |
| Jupiter | 69,911      | 95    | more mass than all others together |
| Saturn  | 58,232      | 146   | rings of ice and dust |

#### A wide one

| Month | Visitors | New | Returning | Pages | Minutes | Countries | Browsers | Phones | Tablets | Errors |
|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|
| January | 12,034 | 8,001 | 4,033 | 48,112 | 3.4 | 61 | 12 | 7,120 | 812 | 3 |
| February | 13,220 | 8,420 | 4,800 | 52,990 | 3.6 | 64 | 12 | 7,904 | 840 | 1 |

### Code

```python
from dataclasses import dataclass


@dataclass(frozen=True)
class Point:
    """A place in the plane."""

    x: float = 0.0
    y: float = 0.0

    def distance(self, other: "Point") -> float:  # in their unit; a line so long that it has to scroll
        return ((self.x - other.x) ** 2 + (self.y - other.y) ** 2) ** 0.5


print(f"{Point(3, 4).distance(Point())=:.1f}")
```

```diff
- const total = items.reduce((sum, item) => sum + item.price)
+ const total = items.reduce((sum, item) => sum + item.price, 0)
```

```
Plain text, in no language:  as    it    is.
```

### Maths

The roots of $ax^2 + bx + c = 0$ are, for $a \neq 0$ and at a price of $5 to $6:

$$
x_{1,2}
=
\frac{-b \pm \sqrt{b^2 - 4ac}}{2a}
$$

Also \(\mathrm{e}^{i\pi} + 1 = 0\), and

\[
\begin{aligned}
\int_{-\infty}^{\infty} e^{-x^2}\,dx &= \sqrt{\pi} \\
\sum_{k=1}^{n} k &= \frac{n(n+1)}{2}, \qquad
A = \begin{pmatrix} 1 & 0 \\ 0 & 1 \end{pmatrix}
\end{aligned}
\]

A formula with a mistake shows what was written: $\frac{1}{$.

### A diagram

```mermaid
flowchart LR
    Q[Question] --> M{Model}
    M -->|thinks| R[Reasoning]
    M -->|answers| A[Answer]
    R --> A
```

### Quotes and notes

> A quotation, of more than one line, which is as wide as the text around it and somewhat quieter.
>
> > And one inside it.

> [!NOTE]
> Something to know.

> [!TIP]
> Something that helps.

> [!IMPORTANT]
> Something that matters.

> [!WARNING]
> Something to take care of.

> [!CAUTION]
> Something that cannot be undone.

A statement with a note[^1], and another one[^second].

---

A picture from elsewhere is a link: ![A lighthouse at dusk](https://example.org/lighthouse.jpg).

HTML is shown as it was written: <b>not bold</b>.

###### A small heading

The end.

[^1]: The first note, with a [link](https://example.net/).
[^second]: The second note.
'''.strip()
