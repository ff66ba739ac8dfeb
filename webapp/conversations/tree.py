"""A conversation as a tree of messages: paths, siblings, what a deletion takes along, how it is drawn. Pure.

A deleted message stays in the tree and is passed through: what stands below it counts as standing below the nearest
one above that is there. Nothing here is recursive: a long conversation is thousands of levels deep.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import cached_property
from uuid import UUID

from msgspec import Struct


class Node(Struct, frozen=True, gc=False):
    """A message without its text. `at` is when its text came to be: when it was written, or last edited."""

    id: UUID
    parent_id: UUID | None
    role: str
    at: datetime
    is_deleted: bool = False


class Copied(Struct, frozen=True):
    """What becomes of a message in a fork."""

    source: UUID
    id: UUID
    parent_id: UUID | None


class Segment(Struct, frozen=True):
    """Messages one below the other without a branch between them, and the place where an overview draws them.

    `column` counts the segments above; each end of a branch has a `row` of its own, and what parts there the row of the
    first. `above` is the place of the segment from which it parts, in the same list.
    """

    ids: tuple[UUID, ...]
    column: int
    row: int
    above: int | None
    is_shown: bool


class Tree:
    """The messages of one conversation. A parent that is not among them counts as none."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self._nodes = {node.id: node for node in nodes}
        self._passed: dict[UUID, UUID | None] = {}  # deleted messages, and the nearest above each that is there

    def __contains__(self, message_id: object) -> bool:
        """Whether the message is there, and not deleted."""
        node = self._nodes.get(message_id) if isinstance(message_id, UUID) else None
        return node is not None and not node.is_deleted

    def __getitem__(self, message_id: UUID) -> Node:
        return self._nodes[message_id]

    def parent(self, message_id: UUID) -> UUID | None:
        """The nearest message above that is there."""
        node = self._nodes.get(message_id)
        return None if node is None else self._above(node)

    def children(self, message_id: UUID | None) -> tuple[UUID, ...]:
        """The messages right below, or with None those at the top; those whose text is oldest first."""
        return self._children.get(message_id, ())

    def path(self, leaf: UUID | None) -> tuple[UUID, ...]:
        """The messages from the top down to `leaf`, those that are there."""
        return tuple(one for one in self._upwards(leaf) if one in self)[::-1]

    def siblings(self, message_id: UUID) -> tuple[UUID, ...]:
        """The message and those that could be shown in its place."""
        return self.children(self.parent(message_id))

    def below(self, message_id: UUID) -> tuple[UUID, ...]:
        """The message and all below it, those that are there: what goes with it when a branch is deleted."""
        found: dict[UUID, None] = {}
        waiting = [message_id]
        while waiting:
            found[waiting.pop()] = None
            waiting.extend(one for one in self.children(next(reversed(found)))[::-1] if one not in found)
        return tuple(found)

    def leaf(self, message_id: UUID) -> UUID:
        """The end of a branch to show with the message: of those below it the one whose text is newest."""
        ends = [one for one in self.below(message_id) if not self.children(one)]
        return max(ends, key=self._age, default=message_id)

    def without(self, message_ids: Iterable[UUID]) -> "Tree":
        """The tree after a deletion."""
        gone = set(message_ids)
        return Tree(
            Node(one.id, one.parent_id, one.role, one.at, one.is_deleted or one.id in gone)
            for one in self._nodes.values()
        )

    def leaf_without(self, message_id: UUID, gone: Iterable[UUID], shown: UUID | None) -> UUID | None:
        """The end of what is shown after `gone` has been deleted, the message `message_id` highest among it.

        What is not touched stays. Else a sibling takes the place of the message, the one before it if there is one, and
        if there is none the branch ends above.
        """
        rest = self.without(gone)
        if shown in rest:
            return shown
        siblings = self.siblings(message_id)
        place = siblings.index(message_id)
        left = [one for one in (*siblings[:place][::-1], *siblings[place + 1 :]) if one in rest]
        if left:
            return rest.leaf(left[0])
        above = self.parent(message_id)
        return rest.leaf(above) if above is not None else None

    def segments(self, shown: UUID | None, most: int | None = None) -> tuple[Segment, ...]:
        """For an overview, branch by branch; `shown` is the end of what is shown. Of more than `most` the first."""
        on_path = set(self.path(shown))
        found: list[Segment] = []
        row = 0
        waiting: list[tuple[UUID, int | None]] = [(one, None) for one in self.children(None)[::-1]]
        while waiting and len(found) != most:
            first, above = waiting.pop()
            ids = tuple(self._run(first))
            column = 0 if above is None else found[above].column + 1
            found.append(Segment(ids, column, row, above, ids[0] in on_path))
            branches = self.children(ids[-1])
            waiting.extend((one, len(found) - 1) for one in branches[::-1])
            row += not branches
        return tuple(found)

    @property
    def segment_count(self) -> int:
        """How many segments there are."""
        return sum(len(ids) for above, ids in self._children.items() if above is None or len(ids) > 1)

    @property
    def ends(self) -> int:
        """How many branches there are."""
        return sum(not self.children(one) for one in self._nodes if one in self)

    def link(self) -> Iterator[None]:
        """Finds out what stands below what, message by message: for those who let others have their turn in between."""
        found: dict[UUID | None, list[UUID]] = {}
        for node in sorted((node for node in self._nodes.values() if not node.is_deleted), key=_age):
            found.setdefault(self._above(node), []).append(node.id)
            yield
        children = dict[UUID | None, tuple[UUID, ...]]()
        for key, ids in found.items():
            children[key] = tuple(ids)
            yield
        self._children = children

    @cached_property
    def _children(self) -> dict[UUID | None, tuple[UUID, ...]]:
        for _ in self.link():
            pass
        return self._children

    def _age(self, message_id: UUID) -> tuple[datetime, int]:
        return _age(self._nodes[message_id])

    def _above(self, node: Node) -> UUID | None:
        """The nearest message above that is there. Each deleted one is passed once, however many are below it."""
        above = self._nodes.get(node.parent_id) if node.parent_id else None
        way: dict[UUID, None] = {}
        while above is not None and above.is_deleted and above.id not in way:
            way[above.id] = None
            parent = self._passed.get(above.id, above.parent_id)
            above = self._nodes.get(parent) if parent else None
        found = None if above is None or above.is_deleted else above.id
        self._passed.update(dict.fromkeys(way, found))
        return None if found == node.id else found

    def _run(self, first: UUID) -> Iterator[UUID]:
        """The message and those below it up to the one from which branches part, or to the end."""
        yield first
        while len(below := self.children(first)) == 1:
            first = below[0]
            yield first

    def _upwards(self, leaf: UUID | None) -> Iterator[UUID]:
        """From `leaf` to the top, deleted ones too; each once, whatever the parents say."""
        seen: set[int] = set()
        node = self._nodes.get(leaf) if leaf else None
        while node is not None and node.id.int not in seen:
            seen.add(node.id.int)
            yield node.id
            node = self._nodes.get(node.parent_id) if node.parent_id else None


def _age(node: Node) -> tuple[datetime, int]:
    return node.at, node.id.int  # which compares as the id does, without calling into Python


def fork_plan(path: Iterable[UUID], make_id: Callable[[], UUID]) -> Iterator[Copied]:
    """The messages of a path as those of a conversation of their own."""
    above: UUID | None = None
    for source in path:
        copied = Copied(source, make_id(), above)
        yield copied
        above = copied.id
