"""Which of all models may be used here: what the environment says, else what an administrator has chosen."""

import re
from collections.abc import Callable
from typing import Final, Protocol, Self, TypeVar

from msgspec import Struct

from webapp.web.refusals import ForbiddenError, InvalidError

OPTION: Final = "allowed_models"
MAX_ENTRIES: Final = 1_000
MAX_ENTRY: Final = 200
_ENTRY: Final = re.compile(r"[\w.~@:+-]+(?:/[\w.~@:+-]+)*(?:/\*)?")

Kind = TypeVar("Kind")


class NotAllowedError(ForbiddenError):
    """There may be such a model, and it is not to be used here."""

    code = "model_not_allowed"

    def __init__(self, model_id: str) -> None:
        super().__init__(f"The model {model_id[:100]!r} is not allowed here. Choose another from the list.")


class AllowedModels(Struct, frozen=True):
    """All, or those of `entries`: each an id, which stands for its variants too, or all of a maker, `maker/*`."""

    entries: frozenset[str] | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Those of a list with commas; all for an empty one. Raises InvalidError."""
        names = [name.strip() for name in text.split(",") if name.strip()]
        return cls(frozenset(map(read_entry, names))) if names else cls()

    @property
    def are_all(self) -> bool:
        return self.entries is None

    def covers(self, model_id: str) -> bool:
        """Whether an entry stands for the model: `maker/one` does for `maker/one:online`, and not the reverse."""
        if self.entries is None:
            return True
        base, maker = model_id.partition(":")[0], model_id.partition("/")[0]
        return not self.entries.isdisjoint((model_id, base, f"{maker}/*"))

    def adding(self, entry: str) -> "AllowedModels":
        """With one more. Raises InvalidError for what is none, or one too many."""
        entries = (self.entries or frozenset()) | {read_entry(entry)}
        if len(entries) > MAX_ENTRIES:
            raise InvalidError(f"At most {MAX_ENTRIES:,} models can be chosen one by one. Take all of a maker instead.")
        return AllowedModels(entries)

    def removing(self, entry: str) -> "AllowedModels":
        """Without one. Without the last, none is left; where all are allowed, there is nothing to take out."""
        return self if self.entries is None else AllowedModels(self.entries - {entry})


def read_entry(text: str) -> str:
    """A model's id, or all of a maker, as it is kept. Raises InvalidError."""
    entry = text.strip()
    if len(entry) > MAX_ENTRY or not _ENTRY.fullmatch(entry):
        raise InvalidError(f"{text[:100]!r} is no model; one looks like maker/model, all of a maker like maker/*.")
    return entry


class Kept(Protocol):
    """Where an administrator's choice is."""

    def get(self, name: str, kind: type[Kind], default: Kind) -> Kind: ...

    async def change(self, name: str, kind: type[Kind], default: Kind, how: Callable[[Kind], Kind]) -> None: ...


class Allowance:
    """What holds at the moment. The environment's list, where there is one, cannot be changed."""

    def __init__(self, options: Kept, fixed: AllowedModels) -> None:
        self._options = options
        self._fixed = fixed

    @property
    def is_fixed(self) -> bool:
        return not self._fixed.are_all

    @property
    def models(self) -> AllowedModels:
        return self._fixed if self.is_fixed else self._options.get(OPTION, AllowedModels, AllowedModels())

    async def change(self, how: Callable[[AllowedModels], AllowedModels]) -> None:
        """Makes of the choice that there is another. Raises ForbiddenError where the environment has chosen."""
        if self.is_fixed:
            raise ForbiddenError("ALLOWED_MODELS is set in the environment, and that wins. Change it there.")
        await self._options.change(OPTION, AllowedModels, AllowedModels(), how)
