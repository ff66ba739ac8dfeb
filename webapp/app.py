"""All wiring: `create_app` builds every part from the settings and hands it to those that need it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final

from litestar import Litestar, MediaType, Response, get
from litestar.config.compression import CompressionConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, YamlRenderPlugin

from webapp import __version__
from webapp.accounts.routes import provide_user
from webapp.accounts.store import Users
from webapp.catalog.api import catalog_router
from webapp.catalog.catalog import Catalog
from webapp.catalog.store import ModelStore
from webapp.config import Settings
from webapp.conversations.api import api_router
from webapp.conversations.chat import Chat
from webapp.conversations.presenter import Presenter
from webapp.conversations.replies import Replies
from webapp.conversations.replies_store import ReplyStore
from webapp.conversations.routes import BODY_PER_MESSAGE, conversations_router
from webapp.conversations.store import Conversations
from webapp.db.engine import Database
from webapp.rendering.markdown import RENDERER_VERSION
from webapp.services.openrouter import OpenRouter
from webapp.services.transport import open_client
from webapp.web.assets import Assets, assets_router
from webapp.web.errors import ErrorHandler
from webapp.web.security import Gate
from webapp.web.templating import Templates

ROOT: Final = Path(__file__).parent.parent

Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]


def create_app(settings: Settings, *, is_demo: bool = False) -> Litestar:
    """The whole application, ready to serve. Its lifespan opens and closes what it holds.

    The database of `settings` is to be there and migrated, and its lock held by this process. `is_demo`: the upstream
    of `settings` is the stand-in, and the pages say so.
    """
    assets = Assets(ROOT / "static", ROOT / "node_modules" / "htmx.org")
    templates = Templates(ROOT / "templates", assets, app_title=settings.app_title)
    database = Database(settings.database_path)
    conversations = Conversations(database, max_live=settings.max_live_replies, renderer_version=RENDERER_VERSION)
    reply_store = ReplyStore(database)
    client = open_client(settings)
    openrouter = OpenRouter(client, settings)
    replies = Replies(reply_store, openrouter)
    catalog = Catalog(ModelStore(database), openrouter, default_model=settings.default_model)
    limit = settings.max_message_bytes
    chat = Chat(conversations, replies, catalog, max_message_bytes=limit)
    presenter = Presenter(
        templates, conversations, reply_store, replies, catalog, is_demo=is_demo, max_message_bytes=limit
    )

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(database.close)
            await stack.enter_async_context(client)
            app.state.user = await Users(database).local()
            await stack.enter_async_context(catalog.running())
            await stack.enter_async_context(replies.running(alone=True, grace=settings.drain_seconds))
            yield

    app = Litestar(
        route_handlers=[conversations_router, api_router, catalog_router, assets_router(assets), healthz],
        dependencies={
            "user": Provide(provide_user),
            **{name: _provide(part) for name, part in _parts(chat, conversations, replies, catalog, presenter).items()},
        },
        exception_handlers={Exception: ErrorHandler(templates)},
        compression_config=CompressionConfig(
            "gzip", minimum_size=1_000, gzip_compress_level=5, exclude=["/events$", "/stream$", "/live$", "^/assets/"]
        ),
        openapi_config=OpenAPIConfig(
            title=settings.app_title,
            version=__version__,
            path="/schema",
            render_plugins=[JsonRenderPlugin(path=["/", "/openapi.json"]), YamlRenderPlugin()],
        ),
        request_max_body_size=limit * BODY_PER_MESSAGE,
        state=State({"begin_drain": replies.begin_drain}),
        lifespan=[lifespan],
        logging_config=None,
        debug=False,
    )
    app.asgi_handler = Gate(app.asgi_handler, settings)
    return app


@get("/healthz", include_in_schema=False)
async def healthz() -> Response[str]:
    """Alive: the process answers. Open to all, for a platform's health check."""
    return Response("ok\n", media_type=MediaType.TEXT, headers={"cache-control": "no-store"})


def _parts(
    chat: Chat, conversations: Conversations, replies: Replies, catalog: Catalog, presenter: Presenter
) -> dict[str, Any]:
    """What handlers may ask for, by the names of their parameters."""
    return {
        "chat": chat,
        "conversations": conversations,
        "replies": replies,
        "catalog": catalog,
        "presenter": presenter,
    }


def _provide(part: Any) -> Provide:
    return Provide(lambda: part, sync_to_thread=False, use_cache=True)
