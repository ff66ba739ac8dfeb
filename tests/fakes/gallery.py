"""A gallery for tests that are about something else: it paints nothing, and takes whatever comes for painted."""

from collections.abc import Sequence
from uuid import UUID

from msgspec.structs import replace

from webapp.conversations.gallery import Gallery
from webapp.conversations.painter import Painter
from webapp.conversations.pictures import Picture
from webapp.conversations.pictures_store import PictureStore
from webapp.db.engine import Database
from webapp.sandbox.sandbox import Sandbox


class IdlePainter(Painter):
    def __init__(self) -> None:
        super().__init__(Sandbox())

    async def paint(
        self, pictures: Sequence[Picture], owner: UUID, *, within: float | None = None
    ) -> tuple[Picture, ...]:
        return tuple([replace(one, name=one.name or "picture") for one in pictures])


def gallery_of(database: Database) -> Gallery:
    return Gallery(PictureStore(database), IdlePainter())
