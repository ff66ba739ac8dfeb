"""How much one has here, as the account page shows it."""

from msgspec import Struct

from webapp.accounts.sections import Section
from webapp.accounts.storage import KINDS, Used, size
from webapp.accounts.storage_store import Storage
from webapp.accounts.users import Caller


class StoredKind(Struct, frozen=True):
    name: str
    size: str


class StorageSection(Section, frozen=True):
    """`words` say what is used of what may be, `total` and `most` are that in bytes; `most` is 0 for any number.

    `deleted` is the part that can be brought back, "" where there is none.
    """

    template = "accounts/_section_storage.html"
    key = "storage"

    words: str
    total: int
    most: int
    kinds: tuple[StoredKind, ...]
    deleted: str = ""

    @property
    def is_full(self) -> bool:
        return bool(self.most) and self.total >= self.most

    @property
    def is_nearly_full(self) -> bool:
        return bool(self.most) and self.total >= 0.9 * self.most


def storage_section(used: Used) -> StorageSection:
    kinds = tuple(StoredKind(name, size(used.by_kind[key])) for key, name in KINDS.items() if used.by_kind.get(key))
    return StorageSection(used.words, used.total, used.most, kinds, size(used.deleted) if used.deleted else "")


class StorageSections:
    """The provider of the section."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def section(self, caller: Caller) -> StorageSection:
        return storage_section(await self._storage.used(caller.user.id))
