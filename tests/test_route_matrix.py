"""Every route of the app, played as Alice, who owns what it is about, as Bob, and as Charlie, who is signed out.

A route without a row in `ROWS` fails. Bob gets what he would get for something that is not there, Charlie the way to
sign in, and neither changes a row of the database.
"""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID, uuid4

import httpx
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from msgspec import Struct
from sqlalchemy import select, text

from tests.fakes.database import migrated_file, open_database
from tests.fakes.upstream import KEY
from webapp.accounts.api_tokens_store import ApiTokens
from webapp.accounts.passkeys_store import PasskeyStore
from webapp.accounts.purposes import Purpose
from webapp.accounts.sessions_store import Sessions
from webapp.accounts.store import Users
from webapp.accounts.tickets_store import Tickets
from webapp.accounts.users import Role, User
from webapp.app import ROOT, create_app
from webapp.config import Settings
from webapp.conversations.archiving import Archiving
from webapp.conversations.listing_store import Listing
from webapp.conversations.messages import Receipt, Rendering, Status
from webapp.conversations.pictures import Picture
from webapp.conversations.replies_store import Ending, Progress, ReplyStore
from webapp.conversations.store import Conversations
from webapp.conversations.tags_store import Tags
from webapp.db.engine import Database
from webapp.db.tables import Attachment, Base, Import
from webapp.documents.shares.store import ShareStore
from webapp.library.prompts import Persona
from webapp.library.store import Library
from webapp.rendering.markdown import RENDERER_VERSION
from webapp.standin.server import StandIn
from webapp.web.assets import Assets

MODEL: Final = "openai/gpt-5-mini"
_ANY_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SECRET: Final = "what Alice wrote and nobody else is to read"
PIXEL: Final = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000002000001e221bc330000"
    "000049454e44ae426082"
)

# For whom a route is: everybody; who is signed in, with what is their own; the owner of what the address names;
# administrators.
For = Literal["everybody", "members", "owner", "administrators"]


class Row(Struct, frozen=True):
    """`form` or `json` is what is sent; ids in braces are Alice's. `status` is what Alice gets.

    `strangers` is what anybody else gets for what is Alice's, and for what is nobody's. `is_shared`: Alice has
    shared it, so that everybody who has its address reads what she wrote.
    """

    route: str
    opens_for: For
    status: int = 200
    form: dict[str, str] | None = None
    json: dict[str, Any] | None = None
    message: str = "answer_id"  # which of Alice's messages the address names
    query: str = ""
    strangers: int = 404
    is_shared: bool = False


MESSAGE: Final = "/conversations/{conversation_id:uuid}/messages/{message_id:uuid}"
BY_LINK: Final = ("/join", "/signup", "/forgotten", "/password")

ROWS: Final = [
    # What works before anybody is signed in
    Row("GET /login", "everybody", 303),
    Row("POST /login", "everybody", 422, form={"name": "alice@example.org", "password": "wrong"}),
    Row("GET /setup", "everybody", 404),
    Row(
        "POST /setup",
        "everybody",
        404,
        form={"token": "none", "name": "mallory@example.org"},
    ),
    *(Row(f"GET {path}", "everybody", 404) for path in BY_LINK),
    *(Row(f"POST {path}", "everybody", 404, form={"token": "none"}) for path in BY_LINK),
    Row("POST /login/passkey", "everybody", form={"next": "/"}),
    Row("POST /login/passkey/answer", "everybody", 422, form={"credential": "{{}}"}),
    Row("POST /login/oidc", "everybody", 404, form={"next": "/"}),
    Row("GET /login/oidc/callback", "everybody", 422),
    Row("GET /assets/{name:str}", "everybody"),
    Row("GET /diagram", "everybody"),
    Row("POST /appearance", "everybody", 303, form={"theme": "dark"}),
    Row("POST /csp-reports", "everybody", 415, json={}),
    Row("GET /healthz", "everybody"),
    Row("GET /readyz", "everybody"),
    Row("GET /schema", "everybody"),
    Row("GET /schema/openapi.json", "everybody"),
    Row("GET /schema/openapi.yaml", "everybody"),
    Row("GET /schema/openapi.yml", "everybody"),
    Row("GET /schema/{path:str}", "everybody", 404),
    # One's own
    Row("GET /", "members"),
    Row("GET /c", "members"),
    Row("POST /c", "members", 303, form={"message": "Hello"}),
    Row("POST /logout", "members", 303),
    Row("GET /models", "members"),
    Row("GET /conversations", "members"),
    Row("POST /conversations", "members", 201),
    Row("GET /account", "members"),
    Row("POST /account/name", "members", 303, form={"full_name": "Alice"}),
    Row("POST /account/password", "members", 422, form={"password": "short"}),
    Row("POST /account/sessions/end-others", "members", 303),
    Row("POST /account/sessions/{session_id:uuid}/end", "owner", 303),
    Row("POST /account/tokens", "members", 200, form={"name": "script", "read": "true", "days": "7"}),
    Row("POST /account/tokens/{token_id:uuid}/revoke", "owner", 303),
    Row("GET /confirm", "members", 303),
    Row("POST /confirm", "members", 422, form={"password": "wrong"}),
    Row("POST /confirm/passkey", "members", form={"asked": ""}),
    Row("POST /confirm/passkey/answer", "members", 422, form={"credential": "{{}}"}),
    Row("POST /confirm/provider", "members", 404, form={"asked": ""}),
    Row("GET /account/notices", "members", 303),
    Row("GET /usage", "members"),
    Row("GET /settings/key", "members"),
    Row("POST /settings/key", "members", 404, form={"key": "sk-or-v1-without-a-secret"}),
    Row("POST /settings/key/remove", "members", 303),
    Row("POST /settings/key/sign-in", "members", 404),
    Row("GET /settings/key/callback", "members", 422),
    Row("GET /account/passkeys", "members"),
    Row("POST /account/passkeys", "members", 422, form={"credential": "{{}}"}),
    Row("POST /account/passkeys/new", "members", form={"name": "Phone"}),
    Row("POST /account/passkeys/{passkey_id:uuid}/name", "owner", 303, form={"name": "Mine"}),
    Row("POST /account/passkeys/{passkey_id:uuid}/remove", "owner", 303, form={"sure": "true"}),
    Row("POST /account/link", "members", 404),
    Row("POST /account/unlink", "members", 303),
    # Conversations and messages
    Row("GET /c/{conversation_id:uuid}", "owner"),
    Row("POST /c/{conversation_id:uuid}/messages", "owner", 303, form={"message": "More"}),
    Row("GET /c/{conversation_id:uuid}/title", "owner", 303),
    Row("POST /c/{conversation_id:uuid}/title", "owner", 303, form={"title": "Mine"}),
    Row("POST /c/{conversation_id:uuid}/delete", "owner", 303),
    Row("GET /messages/{message_id:uuid}", "owner", 303),
    Row("GET /messages/{message_id:uuid}/events", "owner"),
    Row("GET /messages/{message_id:uuid}/live", "owner"),
    Row("POST /messages/{message_id:uuid}/stop", "owner", 303),
    Row("POST /messages/{message_id:uuid}/retry", "owner", 303, form={"model": ""}),
    Row("POST /messages/{message_id:uuid}/continue", "owner", 303),
    Row("GET /messages/{message_id:uuid}/edit", "owner"),
    Row(
        "POST /messages/{message_id:uuid}/edit",
        "owner",
        303,
        form={"message": "In other words", "run": "0"},
        message="question_id",
    ),
    Row("GET /messages/{message_id:uuid}/text", "owner"),
    Row("GET /messages/{message_id:uuid}/request", "owner"),
    Row("POST /messages/{message_id:uuid}/text", "owner", 303, form={"message": "In other words", "run": "1"}),
    Row("GET /messages/{message_id:uuid}/retry", "owner"),
    Row("POST /messages/{message_id:uuid}/show", "owner", 303),
    Row("POST /messages/{message_id:uuid}/fork", "owner", 303),
    Row("POST /messages/{message_id:uuid}/delete", "owner", 303, form={"what": "branch"}),
    Row("POST /messages/{message_id:uuid}/restore", "owner", 303),
    Row("POST /messages/{message_id:uuid}/feedback", "owner", 303, form={"feedback": "up"}),
    Row("GET /c/{conversation_id:uuid}/branches", "owner"),
    Row("GET /pictures/{picture_id:uuid}", "owner"),
    Row("GET /conversations/{conversation_id:uuid}", "owner"),
    Row("POST /conversations/{conversation_id:uuid}/messages", "owner", 201, json={"message": "More"}),
    Row("GET /conversations/{conversation_id:uuid}/stream", "owner"),
    Row("POST /export/chosen", "members", form={"id": "{conversation_id}"}),
    Row("GET /temporary", "members"),
    Row("POST /temporary", "members", form={"message": "Hello"}),
    Row(f"GET {MESSAGE}", "owner"),
    Row(f"PATCH {MESSAGE}", "owner", json={"message": "In other words", "run": 1}),
    Row(f"DELETE {MESSAGE}", "owner", 204, query="?what=branch"),
    Row(f"POST {MESSAGE}/restore", "owner"),
    Row(f"POST {MESSAGE}/edit", "owner", 201, json={"message": "Other words", "run": 0}, message="question_id"),
    Row(f"POST {MESSAGE}/retry", "owner", 201, json={}),
    Row(f"POST {MESSAGE}/continue", "owner", 202),
    Row(f"POST {MESSAGE}/show", "owner"),
    # The list, and search
    Row("GET /search", "members", query="?q=read"),
    Row("GET /news", "members"),
    Row("GET /c/{conversation_id:uuid}/news", "owner", 204, query="?after={answer_id}", strangers=200),
    Row("GET /c/{conversation_id:uuid}/organise", "owner"),
    Row("POST /c/{conversation_id:uuid}/pin", "owner", 303, form={"on": "on"}),
    Row("POST /c/{conversation_id:uuid}/archive", "owner", 303, form={"on": "on"}),
    Row("POST /c/{conversation_id:uuid}/tags", "owner", 303, form={"name": "Mine"}),
    Row("POST /c/{conversation_id:uuid}/tags/{tag_id:uuid}/remove", "owner", 303),
    Row("POST /c/chosen", "members", 303, form={"action": "delete", "id": "{conversation_id}"}),
    Row("POST /c/restore", "members", 303, form={"moment": "0"}),
    Row("POST /c/put-back", "members", 303, form={"secret": "{archived}"}),
    Row("POST /tags/{tag_id:uuid}/name", "owner", 303, form={"name": "Renamed"}),
    Row("POST /tags/{tag_id:uuid}/remove", "owner", 303),
    Row("POST /deleted/clear", "members", 303),
    Row("GET /deleted/progress", "members"),
    # The library, and settings
    Row("GET /library", "members"),
    Row("GET /library/prompts/new", "members"),
    Row("POST /library/prompts", "members", 303, form={"name": "Weather", "text": "How warm is it?"}),
    Row("GET /library/prompts/{prompt_id:uuid}", "owner"),
    Row("POST /library/prompts/{prompt_id:uuid}", "owner", 303, form={"name": "Weather", "text": "How cold is it?"}),
    Row("GET /library/prompts/{prompt_id:uuid}/use", "owner"),
    Row("POST /library/prompts/{prompt_id:uuid}/use", "owner", form={"0": "Oslo"}),
    Row("POST /library/prompts/{prompt_id:uuid}/delete", "owner", 303),
    Row("GET /library/personas/new", "members"),
    Row("POST /library/personas", "members", 303, form={"name": "Poet"}),
    Row("GET /library/personas/{persona_id:uuid}", "owner"),
    Row("POST /library/personas/{persona_id:uuid}", "owner", 303, form={"name": "Poet"}),
    Row("POST /library/personas/{persona_id:uuid}/delete", "owner", 303),
    Row("GET /c/{conversation_id:uuid}/settings", "owner"),
    Row("POST /c/{conversation_id:uuid}/settings", "owner", 303, form={"system_prompt": "Be brief."}),
    # Documents
    Row("GET /c/{conversation_id:uuid}/document/{kind:str}", "owner"),
    Row("GET /export", "members"),
    Row("GET /export/all", "members"),
    Row("GET /import", "members"),
    Row("POST /import", "members", 415, form={}),
    Row("GET /import/{import_id:uuid}", "owner"),
    Row("POST /import/{import_id:uuid}/confirm", "owner", 303),
    Row("POST /import/{import_id:uuid}/delete", "owner", 303),
    Row("GET /shares", "members"),
    Row("POST /c/{conversation_id:uuid}/shares", "owner", 303, form={"later": "on"}),
    Row("POST /shares/{share_id:uuid}/revoke", "owner", 303),
    Row("GET /s/{token:str}", "everybody", is_shared=True),
    Row("GET /s/{token:str}/events", "everybody", query="?answer={answer_id}", is_shared=True),
    Row("GET /s/{token:str}/messages/{message_id:uuid}", "everybody", 303, is_shared=True),
    Row("GET /s/{token:str}/messages/{message_id:uuid}/live", "everybody", is_shared=True),
    Row("GET /s/{token:str}/pictures/{picture_id:uuid}", "everybody", is_shared=True),
    # The operator's
    Row("GET /metrics", "administrators"),
    Row("GET /status", "administrators"),
    Row("GET /status/probe", "administrators"),
    # Administration
    Row("GET /admin", "administrators", 303),
    Row("GET /admin/users", "administrators"),
    Row("GET /admin/users/{user_id:uuid}", "administrators"),
    Row("POST /admin/users/{user_id:uuid}/role", "administrators", 303, form={"role": "member"}),
    Row("POST /admin/users/{user_id:uuid}/limits", "administrators", 303, form={"soft": "1", "hard": "2"}),
    Row("POST /admin/users/{user_id:uuid}/reset", "administrators"),
    Row("POST /admin/users/{user_id:uuid}/enable", "administrators", 303),
    Row("POST /admin/users/{user_id:uuid}/delete", "administrators", 422, form={"name": "somebody else"}),
    Row("GET /admin/invitations", "administrators"),
    Row("POST /admin/invitations", "administrators", form={"role": "member", "name": "", "days": "7"}),
    Row("POST /admin/invitations/{invitation_id:uuid}/withdraw", "administrators", 303),
    Row("GET /admin/usage", "administrators"),
    Row("GET /admin/usage.csv", "administrators"),
    Row("GET /admin/models", "administrators"),
    Row("POST /admin/models/allow", "administrators", 303, form={"entry": "openai/gpt-5-mini"}),
    Row("POST /admin/models/remove", "administrators", 303, form={"entry": "openai/gpt-5-mini"}),
    Row("POST /admin/models/all", "administrators", 303, form={"find": ""}),
    Row("GET /admin/budgets", "administrators"),
    Row("POST /admin/budgets", "administrators", 303, form={"soft": "", "hard": ""}),
    Row("GET /admin/settings", "administrators"),
    Row("GET /admin/events", "administrators"),
    # The last, as Alice is out after it
    Row("POST /admin/users/{user_id:uuid}/disable", "administrators", 303),
]


class House(NamedTuple):
    """A running app, its database, and who has an account."""

    app: Litestar
    database: Database
    people: dict[str, User]

    @asynccontextmanager
    async def as_(self, name: str) -> AsyncIterator[httpx.AsyncClient]:
        """A client with a session of its own; Charlie has none."""
        headers = {}
        if name in self.people:
            secret = await Sessions(self.database).begin(self.people[name].id, method="password", browser="")
            headers = {"cookie": f"session={secret}"}
        transport: Any = httpx.ASGITransport(self.app)  # type: ignore[arg-type]  # an ASGI app by another's types
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as client:
            yield client


@asynccontextmanager
async def open_house(folder: Path, upstream: str, **environ: str) -> AsyncIterator[House]:
    address = migrated_file(folder / "open-chat.db")
    key = {"OPENROUTER_BASE_URL": upstream, "OPENROUTER_API_KEY": KEY}
    app = create_app(
        Settings.from_env({"AUTH": "on", "DATA_DIR": str(folder), "MAX_LIVE_REPLIES": "1000", **key, **environ})
    )
    async with open_database(address) as database, app.lifespan():
        users = Users(database)
        people = {"olga": await users.add_first("olga@example.org", "", "no password")}
        for name in ("alice", "bob"):
            people[name] = await users.add(f"{name}@example.org", "", Role.MEMBER)
        yield House(app, database, people)


async def alices(house: House) -> dict[str, str]:
    """Something new of Alice's of each kind that an address can name, by the name of the parameter."""
    store = Conversations(house.database, max_live=1000, renderer_version=RENDERER_VERSION)
    exchange = await store.add_exchange(house.people["alice"].id, None, SECRET, MODEL, "")
    answer = await store.find_message(house.people["alice"].id, exchange.answer.id)
    progress = Progress(answer.id, SECRET, "", (), answer.run)
    rendering = Rendering(f"<p>{SECRET}</p>", "")
    pictures = (Picture("image/png", PIXEL, "picture.png"),)
    # Stopped, so that it can be continued as well
    ending = Ending(progress, Status.STOPPED, Receipt(model=MODEL), rendering, RENDERER_VERSION, pictures)
    assert await ReplyStore(house.database).end(ending, datetime.now(UTC))
    alice = house.people["alice"].id
    await Sessions(house.database).begin(alice, method="password", browser="")
    tokens = ApiTokens(house.database)
    if not await tokens.of(alice):
        await tokens.add(alice, "script", ["read"], None)
    passkeys = PasskeyStore(house.database)
    if not await passkeys.of(alice):
        await passkeys.add(alice, "Phone", uuid4().bytes, b"key")
    async with house.database.read() as session:
        picture = await session.scalar(select(Attachment.id).where(Attachment.message_id == answer.id))
    now = datetime.now(UTC)
    async with house.database.write(alice) as session:
        sent = Import(user_id=alice, name="a.json", state="ready", created_at=now, expires_at=now + timedelta(days=1))
        session.add(sent)
    tag = await Tags(house.database).add(alice, [exchange.conversation.id], "Of Alice")
    library = Library(house.database)
    prompt = await library.add_prompt(alice, "Weather", f"{SECRET} {{{{city}}}}")
    persona = Persona(uuid4(), "Poet", SECRET)
    await library.save_persona(alice, persona, is_new=True)
    shares = ShareStore(house.database)
    share_id = await shares.add(alice, exchange.conversation.id, with_later=False, is_live=True)
    tickets = Tickets(house.database)
    await tickets.make(Purpose.INVITATION, timedelta(days=1), made_by="olga@example.org")
    archiving = Archiving(Listing(house.database), tickets)
    await archiving.move(alice, (exchange.conversation.id,), True)
    secret = await archiving.move(alice, (exchange.conversation.id,), False)
    return {
        "invitation_id": str((await tickets.of(Purpose.INVITATION))[0].id),
        "user_id": str(alice),
        "conversation_id": str(exchange.conversation.id),
        "answer_id": str(answer.id),
        "question_id": str(exchange.question.id),
        "picture_id": str(picture),
        "session_id": str((await Sessions(house.database).of(alice))[0].id),
        "token_id": str((await tokens.of(alice))[0].id),
        "passkey_id": str((await passkeys.of(alice))[0].id),
        "import_id": str(sent.id),
        "prompt_id": str(prompt.id),
        "persona_id": str(persona.id),
        "tag_id": str(tag.id),
        "share_id": str(share_id),
        "token": (await shares.listed(alice))[0].token,
        "kind": "md",
        "archived": secret,
        "name": Assets(ROOT / "static", ROOT / "node_modules").url("icon.svg").rpartition("/")[2],
        "path": "none",
    }


def nobodys(ids: dict[str, str]) -> dict[str, str]:
    """The like of which there is none."""
    new = {name: str(uuid4()) if _is_id(value) else value for name, value in ids.items()}
    return new | {"token": "x" * len(ids["token"])}


def _is_id(value: str) -> bool:
    try:
        return bool(UUID(value))
    except ValueError:
        return False


async def send(client: httpx.AsyncClient, row: Row, ids: dict[str, str]) -> httpx.Response:
    method, path = row.route.split()
    path = path.replace("{message_id:", f"{{{row.message}:")
    for name, value in ids.items():
        for kind in ("uuid", "str"):
            path = path.replace(f"{{{name}:{kind}}}", value)
    assert "{" not in path, f"{row.route}: there is nothing of Alice's for this parameter"
    form = {name: value.format(**ids) for name, value in row.form.items()} if row.form is not None else None
    path += row.query.format(**ids)
    return await client.request(method, path, data=form, json=row.json)


async def contents(database: Database) -> dict[str, list[Any]]:
    """All rows, except for what is kept of attempts to sign in and of when somebody was last seen."""
    async with database.read() as session:
        await session.execute(text("SELECT 1"))
        found = {}
        for table in Base.metadata.sorted_tables:
            if table.name in ("attempts", "security_events", "models", "tickets"):
                continue
            columns = [column for column in table.c if column.name not in ("last_seen_at", "heartbeat_at")]
            found[table.name] = sorted(map(repr, await session.execute(select(*columns))))
        return found


def told(response: httpx.Response, ids: dict[str, str]) -> tuple[int, str, str]:
    """What somebody learns from an answer, whatever they asked for."""
    body, place = response.text, response.headers.get("location", "")
    for value in ids.values():
        body, place = body.replace(value, "it"), place.replace(value, "it")
    return response.status_code, place, _ANY_ID.sub("it", body)  # forms have keys that were made for them alone


def handlers_of(app: Litestar) -> dict[str, HTTPRouteHandler]:
    return {
        f"{method} {route.path_format if '{' not in route.path else route.path}": handler
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        for method in handler.http_methods
        if method not in ("OPTIONS", "HEAD")
    }


def test_every_route_has_a_row() -> None:
    routes, rows = set(handlers_of(create_app(Settings()))), [row.route for row in ROWS]
    assert sorted(routes - set(rows)) == [], "say for whom these are"
    assert sorted(set(rows) - routes) == [], "there is no such route any more"
    assert len(rows) == len(set(rows))


async def test_nobody_else_gets_in_or_changes_anything(standin: StandIn, tmp_path: Path) -> None:
    async with (
        open_house(tmp_path, standin.base_url) as house,
        house.as_("charlie") as charlie,
        house.as_("bob") as bob,
    ):
        ids = await alices(house)
        before = await contents(house.database)
        for row in ROWS:
            found = await send(charlie, row, ids)
            assert SECRET not in found.text or row.is_shared, row.route
            if row.is_shared:
                assert (row.route, found.status_code) == (row.route, row.status)
                assert (await send(charlie, row, ids | {"token": nobodys(ids)["token"]})).status_code == 404, row.route
            if row.opens_for != "everybody":
                is_api = bool(handlers_of(house.app)[row.route].opt.get("api"))
                is_led_in = found.status_code == 303 and found.headers["location"].startswith("/login?next=/")
                assert found.status_code == 401 or (is_led_in and not is_api), (row.route, found.status_code)
            if row.opens_for in ("owner", "administrators"):
                other = nobodys(ids)
                found = await send(bob, row, ids)
                assert (found.status_code, SECRET in found.text) == (row.strangers, False), row.route
                assert told(found, ids) == told(await send(bob, row, other), other), row.route
            assert await contents(house.database) == before, row.route


async def test_whom_it_is_for_gets_in(standin: StandIn, tmp_path: Path) -> None:
    async with open_house(tmp_path, standin.base_url) as house:
        ids: dict[str, str] = {}
        for row in ROWS:
            ids = ids or await alices(house)
            if row.opens_for == "members":
                async with house.as_("bob") as bob:
                    assert SECRET not in (await send(bob, row, ids)).text, row.route
            async with house.as_("olga" if row.opens_for == "administrators" else "alice") as owner:
                assert (row.route, (await send(owner, row, ids)).status_code) == (row.route, row.status)
            if not row.route.startswith("GET "):
                ids = {}  # what there was may have changed, or be gone
