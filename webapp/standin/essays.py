"""Long answers: a small stock of thoughts, put in another order for every question."""

from typing import Final

from webapp.standin.questions import Question

_HEADINGS: Final = (
    "Where it begins",
    "What is usually meant",
    "A look at the parts",
    "How it came about",
    "What speaks for it",
    "What speaks against it",
    "In daily use",
    "Where it ends",
    "What remains open",
)

_PARAGRAPHS: Final = """
Whoever begins with {topic} soon finds that the words are older than the thing. It pays to note down in which sense
each of them is used, and to keep to that sense for as long as the text goes on.

There are two ways to look at {topic}: from above, where everything seems to be connected, and from close by, where
each part has a reason of its own. Neither is wrong. The first is better for deciding, the second for doing.

A common mistake is to treat {topic} as a single thing. Taken apart, it consists of a rule, of the cases that the
rule was made for, and of the cases that turned up later and had to be fitted in.

Numbers help, but only in pairs. One number about {topic} says little; the same number a year earlier, or under
other conditions, says whether anything has changed.

It is worth asking who would miss {topic} if it were gone tomorrow. The answer is often a short list of people, and
a conversation with two of them replaces a week of reading.

Much of what is written about {topic} repeats what was true at first. The conditions have changed since; some of the
advice has not, and one has to test each piece of it anew.

The limits of {topic} show at the edges: with very small amounts, with very large ones, and with those that change
while one is looking. A description that says nothing about these three is not finished.

For practical purposes a rough picture is enough. What matters is to know how rough it is, and to say so beside it,
so that nobody takes it for a measurement.

Seen from a distance, the past of {topic} is one of simplifications. Each made something easier for many and harder
for a few, and each time the few found a way around it.

If there is one habit to recommend, it is to write down what one expects of {topic} before looking. A surprise that
was not expected to be one is easily explained away.

Cost deserves a word of its own. The price of {topic} is seldom paid at the beginning; it comes later, in small
amounts, and mostly to somebody else.

Anyone who wants to change {topic} should first do it once in the old way. The steps that look superfluous are the
ones that somebody needed, and it is good to know who.

There is a cheap test for every claim about {topic}: turn it round and ask whether anybody would defend the
opposite. If nobody would, the claim says nothing.

The best descriptions of {topic} are short and come with an example. The second best are long and come with two.
Everything beyond that is for reference.

Two people who disagree about {topic} often mean different times: one speaks of the first day, the other of the
hundredth. It saves an evening to ask which.

What is rare gets attention, and what is frequent gets habit. With {topic} the second matters more: a small
improvement of what happens every day outweighs a large one of what happens once a year.

Records help. A list of what was tried with {topic}, with one line on the outcome, is read more often than any plan.

In the end, the question is not whether {topic} is good or bad but what for. Put like this it can be answered, and
the answer can be checked.
"""

# What stands between two paragraphs, set apart by "====".
_BETWEEN: Final = """
- **First:** decide what must be true at the end.
- **Then:** find out what is true now.
- **Last:** close the gap, in small steps.
====
| Point of view | Sees first | Overlooks |
|---|---|---|
| User | the result | the effort |
| Maker | the effort | the habit |
| Owner | the cost | the benefit |
====
> What can be said in one sentence should not be said in three.
====
```python
def worth_it(benefit: float, cost: float, doubt: float = 0.3) -> bool:
    # doubts included
    return benefit * (1 - doubt) > cost
```
====
1. Collect three examples.
2. Find what they share.
3. Look for a fourth that does not share it.
====
As a rule of thumb, the effort grows like $n \\log n$: twice as much of it takes a little more than twice the time.
"""


def essay_on(question: Question) -> str:
    """About 2,000 tokens in nine sections."""
    chance = question.chance
    stock = [" ".join(paragraph.split()) for paragraph in _PARAGRAPHS.split("\n\n")]
    between = [extra.strip() for extra in _BETWEEN.split("====")]
    paragraphs = iter(chance.sample(stock, k=len(stock)))
    extras = iter(chance.sample(between, k=len(between)))
    sections = [
        "\n\n".join([f"### {heading}", next(paragraphs), *([next(extras)] if number % 3 else []), next(paragraphs)])
        for number, heading in enumerate(_HEADINGS)
    ]
    opening = (
        f"A long text on **{question.topic}**, in {len(_HEADINGS)} sections. "
        "The stand-in has put it together from a small stock of sentences."
    )
    return "\n\n".join([opening, *sections]).replace("{topic}", question.topic)
