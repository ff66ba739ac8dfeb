"""Who asks, for handlers: the dependency `user`."""

from litestar.datastructures import State

from webapp.accounts.store import User


async def provide_user(state: State) -> User:
    """The one local user, whom the start has found or made."""
    user: User = state.user
    return user
