"""However readers come, lose their connection, and come back, here or elsewhere: all end with the same page."""

import asyncio
from datetime import UTC, datetime

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from markupsafe import escape

from tests.fakes.page import PREFIX, Page
from webapp.conversations.messages import Message, Status
from webapp.conversations.pages import growing_turn
from webapp.conversations.reply import Reply
from webapp.conversations.views import Cursor, PageView
from webapp.conversations.waiting import Wait
from webapp.db.types import new_id
from webapp.services.events import Reasoning, Text

_MARKDOWN = st.one_of(
    st.sampled_from(
        [
            "word ", "*emphasis* ", "\n", "\n\n", "\r\n", "\r", "```", "```py\n", "\n```\n", "~~~~\n", "    indented\n",
            "- item\n", "1. one\n", "> quote\n", "| a | b |\n|---|---|\n| 1 | 2 |\n", "# Title\n", "<b>x</b>", "&amp;",
            "</hx-partial>", "</code>", "[a](https://example.org)", "[^1]", "[^1]: note\n", "\0", "日本",
            "$$\n", "\\[\n", "\\]\n", "= x\n", "\\(a_1\\)", "$5 and $x$", "```math\n", "```mermaid\n",
            "| 3 | 4 |\n", "| 5", "### h\n",
        ]
    ),
    st.text(alphabet="`~*_[]()<>&#-+|\\\n \t1.a:!\"'", min_size=1, max_size=12),
)  # fmt: skip
_READER = st.integers(0, 3)


class Reader:
    """A page, and its connection to the process that it is connected to, if it is."""

    def __init__(self) -> None:
        self.page = Page()
        self.view: PageView | None = None
        self.process: Reply

    def connect(self, process: Reply) -> None:
        self.view = PageView(Cursor.parse(self.page.cursor), PREFIX, "", show_nothing)
        self.process = process

    def read(self, *, arrives: bool = True) -> None:
        """Takes the next frame; one that does not arrive is the end of the connection."""
        assert self.view is not None
        frame = self.view.frame(self.process)
        if not arrives:
            self.view = None
        elif frame:
            self.page.apply(frame)
            self.page.cursor = str(self.view.cursor)


def show_nothing(_part: str, _wait: Wait) -> str:
    """What an answer is at depends on the time, and so differs between two readers."""
    return ""


class ReadersMachine(RuleBasedStateMachine):
    """`owner` writes the answer; `mirror` is its copy in another process, which lags behind."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.readers = [Reader() for _ in range(4)]
        self.calm = Reader()

    @initialize(begin=st.sampled_from(["", "Begun, ", "```\nbegun"]))
    def start(self, begin: str) -> None:
        self.message = Message(
            new_id(), new_id(), new_id(), None, "assistant", begin, Status.STREAMING, datetime.now(UTC)
        )
        self.owner, self.mirror = self.runner.run(self.two_copies())
        self.calm.connect(self.owner)

    async def two_copies(self) -> tuple[Reply, Reply]:
        return Reply(self.message), Reply(self.message)

    # What the model does

    @rule(pieces=st.lists(_MARKDOWN, min_size=1, max_size=4))
    def says(self, pieces: list[str]) -> None:
        for piece in pieces:
            self.owner.take(Text(piece))

    @rule(text=st.sampled_from(["Hm. ", "a < b", "\n"]))
    def thinks(self, text: str) -> None:
        self.owner.take(Reasoning(text))

    @rule()
    def is_checkpointed(self) -> None:
        self.mirror.catch_up(self.owner.progress())

    # What readers do

    @rule(number=_READER, at_owner=st.booleans())
    def connects(self, number: int, at_owner: bool) -> None:
        self.readers[number].connect(self.owner if at_owner else self.mirror)

    @rule(number=_READER, at_owner=st.booleans())
    def loads(self, number: int, at_owner: bool) -> None:
        reader, process = self.readers[number], self.owner if at_owner else self.mirror
        reader.page.load(growing_turn(self.message, process, ""))
        reader.view = None

    @rule(number=_READER)
    def leaves(self, number: int) -> None:
        self.readers[number].view = None

    @rule(number=_READER)
    def reads(self, number: int) -> None:
        reader = self.readers[number]
        if reader.view is not None:
            reader.read()
            if reader.process is self.owner:
                assert reader.page.parts == self.calm.page.parts

    @rule(number=_READER)
    def loses_a_frame(self, number: int) -> None:
        if self.readers[number].view is not None:
            self.readers[number].read(arrives=False)

    @invariant()
    def the_calm_reader_reads_every_frame(self) -> None:
        if self.calm.view is not None:
            self.calm.read()
            assert self.calm.page.parts["reasoning"] == str(escape(self.owner.reasoning))

    def teardown(self) -> None:
        try:
            if self.calm.view is not None:
                self.ends()
        finally:
            self.runner.close()

    def ends(self) -> None:
        self.owner.end(Status.COMPLETE)
        self.mirror.catch_up(self.owner.progress())
        self.mirror.end(Status.COMPLETE)
        self.calm.read()
        for reader in self.readers:
            if reader.view is None:
                reader.connect(self.mirror)
            reader.read()
            assert reader.page.parts == self.calm.page.parts


TestReaders = ReadersMachine.TestCase
TestReaders.settings = settings(
    max_examples=80, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
