"""The overview of a conversation's branches: as a drawing, and as a list for those who do not see it. Pure."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from msgspec import Struct

from webapp.conversations.tree import Segment, Tree

BOX: Final = (208, 52)  # pixels: the sides of what stands for some messages
STEP: Final = (248, 68)  # from one to the next
LABEL: Final = 24  # characters that fit into a box
MAX_BOXES: Final = 500  # nobody finds a place among more, and a browser should not have to


class Box(Struct, frozen=True):
    """Some messages in a row. `above` is the place of the box from which this one parts."""

    message_id: UUID
    label: str
    whole_label: str
    count: int
    x: int
    y: int
    is_shown: bool
    column: int
    above: int | None


class Line(Struct, frozen=True):
    """From a box to one that parts from it, as an SVG path."""

    path: str
    is_shown: bool


class Drawing(Struct, frozen=True):
    width: int
    height: int
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    left_out: int = 0

    @property
    def steps(self) -> tuple[tuple[Box, int], ...]:
        """Each box, and how many levels of a nested list the next one is deeper: 1, or less where levels end."""
        deeper = [box.column for box in self.boxes[1:]] + [0]
        return tuple((box, column - box.column) for box, column in zip(self.boxes, deeper, strict=False))


def drawing_of(tree: Tree, shown: UUID | None, beginnings: Mapping[UUID, str]) -> Drawing:
    """All branches from left to right. `beginnings` has the first words of each message."""
    drawn = tree.segments(shown, MAX_BOXES)
    boxes = tuple(_box(tree, one, beginnings) for one in drawn)
    lines = tuple(_line(boxes[box.above], box) for box in boxes if box.above is not None)
    return Drawing(
        width=max((box.x + BOX[0] for box in boxes), default=0) + 2,
        height=max((box.y + BOX[1] for box in boxes), default=0) + 2,
        boxes=boxes,
        lines=lines,
        left_out=max(0, tree.segment_count - len(drawn)),
    )


def _box(tree: Tree, segment: Segment, beginnings: Mapping[UUID, str]) -> Box:
    named = next((one for one in segment.ids if tree[one].role == "user"), segment.ids[0])
    words = " ".join(beginnings.get(named, "").split()) or "No text"
    return Box(
        message_id=segment.ids[0],
        label=words if len(words) <= LABEL else words[: LABEL - 1].rstrip() + "…",
        whole_label=words,
        count=len(segment.ids),
        x=segment.column * STEP[0] + 1,
        y=segment.row * STEP[1] + 1,
        is_shown=segment.is_shown,
        column=segment.column,
        above=segment.above,
    )


def _line(above: Box, box: Box) -> Line:
    x, y, end_x, end_y = above.x + BOX[0], above.y + BOX[1] // 2, box.x, box.y + BOX[1] // 2
    middle = (x + end_x) // 2
    return Line(f"M{x} {y}C{middle} {y} {middle} {end_y} {end_x} {end_y}", box.is_shown)
