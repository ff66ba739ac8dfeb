"""What the app says no to: one exception with a status, a stable word and a sentence for the reader."""

from collections.abc import Mapping
from typing import ClassVar


class RefusalError(Exception):
    """A request that cannot be done, and why, in one sentence that says what is accepted.

    Raised where it is known; `web.errors` turns it into a page, a fragment or problem+json.
    """

    status: ClassVar[int] = 400
    code: ClassVar[str] = "bad_request"

    def __init__(self, sentence: str, *, retry_after: float | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.retry_after = retry_after


class NotFoundError(RefusalError):
    """Not there, or somebody else's: the two look alike."""

    status = 404
    code = "not_found"


class SignedOutError(RefusalError):
    """Nobody is signed in, or not any more. `kept` is the form that they sent, where it is not to be lost."""

    status = 401
    code = "signed_out"

    def __init__(
        self,
        sentence: str = "You are not signed in, or not any more. Sign in to go on.",
        kept: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(sentence)
        self.kept = kept


class ForbiddenError(RefusalError):
    """Signed in, and not allowed to do this."""

    status = 403
    code = "forbidden"


class InvalidError(RefusalError):
    """Understood, and not acceptable as it is."""

    status = 422
    code = "invalid"


class TooLargeError(RefusalError):
    status = 413
    code = "too_large"


class ConflictError(RefusalError):
    """Right in itself, but not now."""

    status = 409
    code = "conflict"


class TooManyError(RefusalError):
    status = 429
    code = "too_many"


class UnavailableError(RefusalError):
    """This process takes nothing new just now; another, or the same in a moment, will."""

    status = 503
    code = "unavailable"
