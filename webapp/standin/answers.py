"""What the stand-in says: Markdown that fits the question a little and says what it is. Same question, same answer."""

import re
from typing import Final

from webapp.standin.essays import essay_on
from webapp.standin.questions import Kind, Question
from webapp.standin.showcase import SHOWCASE
from webapp.standin.snippets import snippet_for

NOTE: Final = """\
> **About this answer.** It comes from the stand-in that runs beside this app, not from a real model: \
the form is real, the knowledge is not. Set `OPENROUTER_API_KEY` to ask a real one."""


def answer_to(question: Question) -> str:
    """The whole answer."""
    match question.kind:
        case Kind.SAY:
            return f"{question.words_to_say or 'Nothing'}\n\n*Said by the stand-in, not by a real model.*"
        case Kind.TITLE:
            return question.title
        case Kind.GREETING:
            return _greeting(question)
        case Kind.SHOWCASE:
            body = SHOWCASE
        case Kind.CODE:
            body = _code(question)
        case Kind.MATHS:
            body = _maths(question)
        case Kind.COMPARE:
            body = _comparison(question)
        case Kind.STORY:
            body = _story(question)
        case Kind.STEPS:
            body = _steps(question)
        case Kind.LONG:
            body = essay_on(question)
        case Kind.EXPLAIN:
            body = _explanation(question)
    return "\n\n".join(part for part in (f"## {question.title}", _context(question), body, NOTE) if part)


def thoughts_on(question: Question) -> str:
    """What a model that thinks first would think."""
    seen = f" There are {question.earlier} earlier turns to keep in mind." if question.earlier else ""
    told = f" The system prompt has {len(question.system.split())} words; I keep to it." if question.system else ""
    return f"""\
The user asks about {question.topic}. It reads like a request of the kind “{question.kind.name.lower()}”.{seen}{told}

I am a stand-in, so I know nothing about the subject itself. What I can do is to answer in the right form: \
say first what this is, then keep to a clear order, and end with a note on where the text comes from.

Plan: a heading, two or three short sections on {question.topic}, and the note. That should do."""


def _context(question: Question) -> str:
    """What was seen of the conversation around the question."""
    turn = f"This is turn {question.earlier + 1} of our conversation." if question.earlier else ""
    attached = f"You attached {' and '.join(question.attachments)}." if question.attachments else ""
    return " ".join(part for part in (turn, attached) if part)


def _greeting(question: Question) -> str:
    hello = question.chance.choice(("Hello!", "Hi there!", "Good to see you!"))
    context = f" {_context(question)}".rstrip()
    return f"""\
{hello} I am the **stand-in**: a small program that answers in place of a real model, so that you can try everything \
here without a key.{context}

Ask me for one of these to see how it looks:

- a *comparison* of two things, as a table
- a piece of *code* in Python, JavaScript, SQL, Rust or Bash
- some *maths*, a *story*, a list of *steps*, or a very *long* text
- show me *everything*: one of each thing that an answer can hold"""


def _code(question: Question) -> str:
    snippet = snippet_for(question.text)
    notes = "\n".join(f"- {note}" for note in snippet.notes)
    return f"""\
You asked about **{question.topic}**. The stand-in cannot write new programs, but here is one that works; \
it {snippet.does}:

```{snippet.language}
{snippet.text}
```

### What to know about it

{notes}

### Before you use it

1. Run it once as it is.
2. Write down two inputs that should fail, and try them.
3. Only then change it."""


def _maths(question: Question) -> str:
    return (
        _sum_in(question.text)
        + r"""Here is a piece of algebra in the form that you would get: how to solve a quadratic equation.

### Step by step

Start from $ax^2 + bx + c = 0$ with $a \neq 0$, and complete the square:

$$\left(x + \frac{b}{2a}\right)^2 = \frac{b^2 - 4ac}{4a^2}$$

Take the root on both sides:

$$x_{1,2} = \frac{-b \pm \sqrt{b^2 - 4ac}}{2a}$$

| $b^2 - 4ac$ | Solutions | Example |
|---|---|---|
| positive | two real | $x^2 - 3x + 2$ |
| zero | one, twice | $x^2 - 2x + 1$ |
| negative | two complex | $x^2 + 1$ |"""
    )


def _sum_in(text: str) -> str:
    """The result of the first sum of two whole numbers in ``text``, as a sentence."""
    found = re.search(r"(-?\d{1,9})\s*([-+*×])\s*(-?\d{1,9})", text)
    if not found:
        return "The stand-in cannot calculate what you ask. "
    left, right = int(found[1]), int(found[3])
    result = {"+": left + right, "-": left - right}.get(found[2], left * right)
    sign = {"*": "\\times", "×": "\\times"}.get(found[2], found[2])
    return f"That is ${left} {sign} {right} = {result}$: this much a stand-in can do. "


def _comparison(question: Question) -> str:
    chance, (first, second) = question.chance, question.pair
    asked = ("Easy to begin with", "Quick in daily use", "Easy to change later", "Well described", "Low in cost")
    rows = "\n".join(f"| {what} | {_stars(chance.randint(2, 5))} | {_stars(chance.randint(2, 5))} |" for what in asked)
    return f"""\
Two columns, five rows. **The marks are drawn by lot**: the stand-in knows neither {first} nor {second}.

| | {first} | {second} |
|---|:---:|:---:|
{rows}

### How to decide

1. Strike out the rows that do not matter to you.
2. Try both on the smallest real task that you have.
3. Prefer the one that you could leave again.

A choice that is easy to undo needs less thought than one that is not."""


def _stars(number: int) -> str:
    return "★" * number + "☆" * (5 - number)


def _story(question: Question) -> str:
    chance = question.chance
    name = chance.choice(("Ines", "Tomas", "Mara", "Jonah"))
    place = chance.choice(("lighthouse", "railway station", "library", "harbour"))
    return f"""\
{name} looked after the {place} at the end of the line, and nobody had asked about *{question.topic}* for years.

One evening, a letter came. It had no sender, only a question in small, careful writing. {name} read it twice, \
put the kettle on, and began to answer.

> “I do not know,” the answer began, “but I know how I would find out.”

It took until morning. When the first light came through the windows of the {place}, four pages lay on the table, \
and the kettle had long gone cold.

The reply went out with the early train. What became of it, {name} never heard. But from that day on, \
a letter came every week.

***

*A story about {question.topic}, told from a template.*"""


def _steps(question: Question) -> str:
    return f"""\
For **{question.topic}**, a plan that fits most things:

1. **Say what done looks like.** One sentence, with a number in it.
2. **Collect what you have.** Ten minutes, no longer.
3. **Do the smallest part first.**
   - It shows what you had wrong.
   - It is cheap to throw away.
4. **Look at it with someone else.** Write down what surprised them.
5. **Do the rest**, and stop when the sentence of step 1 is true.

### A short checklist

- [x] The goal is written down
- [ ] The first part is done
- [ ] Somebody else has seen it

| Step | Takes | Often forgotten |
|---|---|---|
| Goal | 5 minutes | the number |
| First part | an hour | to stop there |
| Rest | as long as it takes | to finish |"""


def _explanation(question: Question) -> str:
    topic = question.topic
    openings = (
        "A good answer says first what is certain, then what is likely, and then what is not known.",
        "Most explanations become clear with one example and one limit. Here is the frame for both.",
        "It helps to look from the outside first: what goes in, what comes out, and what must never happen.",
    )
    return f"""\
You asked about **{topic}**. {question.chance.choice(openings)}

### In three steps

1. **Name it.** Say in one sentence what *{topic}* is, and in another what it is not.
2. **Find its edges.** Where does it begin to matter, and where does it stop?
3. **Try the smallest case.** One example that fits on a page says more than ten that do not.

| Question | What it shows | Takes |
|---|---|---|
| What would change without it? | whether it matters | a minute |
| Who relies on it? | what must not break | an hour |
| How would I test it? | whether I understand it | a day |

```python
questions = ["What is it?", "What is it not?", "How would I notice?"]
for number, question in enumerate(questions, start=1):
    print(f"{{number}}. {{question}}")
```

Whatever is left open after these three belongs in the next question."""
