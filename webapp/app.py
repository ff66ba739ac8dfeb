"""All wiring: `create_app` builds every part from the settings and hands it to those that need it.

Those of accounts, which are many, come from `webapp/accounts/wiring.py`.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

from litestar import Litestar, Router
from litestar.config.compression import CompressionConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme, Server

from webapp import __version__
from webapp.accounts.account_routes import account_router
from webapp.accounts.budgets import Limits as MonthlyLimits
from webapp.accounts.budgets_store import Budgets, BudgetStore, amount_of
from webapp.accounts.confirm_routes import confirm_router
from webapp.accounts.freshness import StaleSessionError
from webapp.accounts.guard import provide_caller, provide_user
from webapp.accounts.joining_routes import joining_router
from webapp.accounts.keys import Keys
from webapp.accounts.keys_routes import keys_router
from webapp.accounts.keys_store import KeyStore
from webapp.accounts.ledger_store import Ledger
from webapp.accounts.notices_routes import notices_router
from webapp.accounts.oidc_routes import oidc_router
from webapp.accounts.options_store import Options
from webapp.accounts.own_keys import OwnKeys
from webapp.accounts.passkeys_routes import passkeys_router
from webapp.accounts.routes import SignedOutView, accounts_router
from webapp.accounts.storage_store import Quota, Storage
from webapp.accounts.summing import Summing
from webapp.accounts.tickets_store import Tickets
from webapp.accounts.usage_routes import usage_router
from webapp.accounts.wiring import Accounts
from webapp.administration.people_store import People
from webapp.administration.profiles import Profiles
from webapp.administration.routes import administration_router
from webapp.administration.settings import without_standin
from webapp.administration.usage_store import UsageStore
from webapp.bus.choice import open_bus
from webapp.catalog.allowed import Allowance, AllowedModels
from webapp.catalog.api import catalog_router
from webapp.catalog.catalog import FALLBACK_MODEL, Catalog
from webapp.catalog.store import ModelStore
from webapp.config import SettingError, Settings
from webapp.conversations.api import api_router
from webapp.conversations.archiving import Archiving
from webapp.conversations.bills_store import BillStore
from webapp.conversations.chat import Chat
from webapp.conversations.clearing import Clearing
from webapp.conversations.gallery import Gallery
from webapp.conversations.listing_presenter import ListingPresenter
from webapp.conversations.listing_store import FOR_GOOD, Listing
from webapp.conversations.painter import Painter
from webapp.conversations.pictures_store import PictureStore
from webapp.conversations.presenter import Presenter
from webapp.conversations.quotes import tariffs_of
from webapp.conversations.renderings import Renderer
from webapp.conversations.replies import Replies
from webapp.conversations.replies_store import ReplyStore
from webapp.conversations.routes import BODY_PER_MESSAGE, conversations_router
from webapp.conversations.sending import supported_options
from webapp.conversations.sending_routes import sending_router
from webapp.conversations.sending_store import SentRequests
from webapp.conversations.settings_routes import settings_router
from webapp.conversations.settings_store import ConversationSettings
from webapp.conversations.settling import Settling
from webapp.conversations.starting import Starting
from webapp.conversations.store import Conversations
from webapp.conversations.tags_store import Tags
from webapp.conversations.till import Till, prices_of
from webapp.conversations.title_costs import TitleCosts
from webapp.conversations.titles import Titles
from webapp.conversations.tree_api import tree_api_router
from webapp.conversations.tree_presenter import TreePresenter
from webapp.conversations.tree_routes import tree_router
from webapp.conversations.tree_store import Branches
from webapp.db.address import address_of
from webapp.db.engine import open_database
from webapp.db.migrate import revisions
from webapp.db.outages import AwayError
from webapp.documents.closer import Closer
from webapp.documents.imports.claims_store import Claims
from webapp.documents.imports.coming import Coming
from webapp.documents.imports.importer import Importer
from webapp.documents.imports.routes import imports_router
from webapp.documents.imports.store import ImportStore
from webapp.documents.routes import documents_router
from webapp.documents.shares.presenter import SharePresenter
from webapp.documents.shares.routes import shares_router
from webapp.documents.shares.store import ShareStore
from webapp.documents.shares.watching import Watchers
from webapp.documents.store import DocumentStore
from webapp.documents.webpage import Webpage
from webapp.draining import Drain
from webapp.library.routes import library_router
from webapp.library.store import Library
from webapp.operations.bus_check import checks_of_bus
from webapp.operations.metrics import Metrics
from webapp.operations.readiness import Readiness
from webapp.operations.retention import Retention
from webapp.operations.retention_store import RetentionStore
from webapp.operations.routes import operations_router
from webapp.operations.sandbox_check import SandboxCheck
from webapp.operations.status import Status, checks_of
from webapp.operations.store import DatabaseFacts
from webapp.operations.upstream import Upstream
from webapp.rendering.markdown import RENDERER_VERSION
from webapp.sandbox.sandbox import Sandbox
from webapp.search.indexing import Indexer
from webapp.search.routes import search_router
from webapp.search.searching import Searching
from webapp.search.store import SearchStore
from webapp.services.openrouter import OpenRouter
from webapp.services.transport import open_client
from webapp.temporary.chat import TemporaryChat
from webapp.temporary.routes import temporary_router
from webapp.temporary.unkept import Unkept
from webapp.web.appearance import appearance_router
from webapp.web.assets import Assets, assets_router
from webapp.web.cookies import Cookies
from webapp.web.description import ApiJson, ApiYaml, operation_id
from webapp.web.diagrams import diagrams_router
from webapp.web.errors import ErrorHandler
from webapp.web.methods import Methods
from webapp.web.refusals import SignedOutError
from webapp.web.reports import reports_router
from webapp.web.requests import Requests
from webapp.web.root_path import RootPath
from webapp.web.security import Gate
from webapp.web.streams import OpenStreams
from webapp.web.suffixes import Suffixes
from webapp.web.templating import Templates

ROOT: Final = Path(__file__).parent.parent

Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]


def create_app(settings: Settings, *, is_demo: bool = False) -> Litestar:
    """The whole application, ready to serve. Its lifespan opens and closes what it holds.

    The database of `settings` is to be there and migrated, and the lock of an SQLite file held by this process.
    `is_demo`: the upstream of `settings` is the stand-in, and the pages say so.

    Raises MissingAssetError, or SettingError for a ROOT_PATH that is an address of the app's own.
    """
    assets = Assets(ROOT / "static", ROOT / "node_modules")
    sharing = settings.sharing == "on"
    templates = Templates(
        ROOT / "templates",
        assets,
        root=settings.root,
        app_title=settings.app_title,
        has_accounts=settings.has_accounts,
        sharing=sharing,
        model_server="OpenRouter" if is_demo else settings.model_server,
    )
    database = open_database(address_of(settings), pool_size=settings.database_pool_size)
    quota = Quota(settings.max_bytes_per_user)
    storage = Storage(database, quota)
    listing, tags, library = Listing(database), Tags(database), Library(database, quota)
    budgets = Budgets(MonthlyLimits(amount_of(settings.monthly_soft_limit), amount_of(settings.monthly_hard_limit)))
    budget_store, keys = BudgetStore(database, budgets), Keys(settings.secret_key)
    key_store = KeyStore(database, keys)
    client = open_client(settings)
    openrouter = OpenRouter(client, settings)
    metrics, bus, sandbox = Metrics(), open_bus(settings), Sandbox()
    options = Options(database)
    allowance = Allowance(options, AllowedModels.parse(settings.allowed_models))
    catalog = Catalog(
        ModelStore(database),
        openrouter,
        default_model=settings.default_model,
        fallback_model=FALLBACK_MODEL if is_demo or settings.asks_openrouter else "",
        allowed=lambda: allowance.models,
    )
    conversations = Conversations(
        database,
        max_live=settings.max_live_replies,
        max_per_minute=settings.max_messages_per_minute,
        budgets=budgets,
        quota=quota,
        renderer_version=RENDERER_VERSION,
        options_of=supported_options(catalog.find),
        tariff_of=tariffs_of(catalog),
    )
    reply_store = ReplyStore(database)
    bills = BillStore(database)
    settling = Settling(bills, openrouter, keys)
    till = Till(prices_of(catalog), budget_store, keys, settling.look)
    painter, renderer = Painter(sandbox), Renderer(sandbox)
    gallery = Gallery(PictureStore(database), painter)
    replies = Replies(reply_store, openrouter, bus, observer=metrics, painter=painter, renderer=renderer, till=till)
    metrics.watch(replies, database, bus)
    limit = settings.max_message_bytes
    unkept = Unkept(bills)
    passing_till = Till(prices_of(catalog), budget_store, keys, settling.look, counts_growing=True)
    passing = Replies(unkept, openrouter, observer=metrics, painter=painter, renderer=renderer, till=passing_till)
    temporary_chat = TemporaryChat(
        passing,
        unkept,
        conversations,
        catalog,
        max_live=settings.max_live_replies,
        max_per_minute=settings.max_messages_per_minute,
        max_message_bytes=limit,
    )
    branches = Branches(database, renderer_version=RENDERER_VERSION, quota=quota)
    title_costs = TitleCosts(budgets, keys, bills, prices_of(catalog), tariffs_of(catalog))
    titles = Titles(openrouter, conversations, settings.title_model, title_costs)
    chat = Chat(conversations, branches, listing, replies, catalog, titles, renderer, max_message_bytes=limit)
    presenter = Presenter(
        templates,
        conversations,
        branches,
        reply_store,
        replies,
        catalog,
        listing,
        is_demo=is_demo,
        max_message_bytes=limit,
        renderer=renderer,
        budgets=budget_store,
    )
    tree_presenter = TreePresenter(presenter, conversations, branches, is_demo=is_demo)
    clearing = Clearing(listing, FOR_GOOD)
    tickets = Tickets(database)
    archiving = Archiving(listing, tickets)
    listing_presenter = ListingPresenter(presenter, listing, archiving, tags, is_demo=is_demo)
    search_store = SearchStore(database)
    indexer = Indexer(search_store)
    searching = Searching(search_store, indexer, presenter, is_demo=is_demo)

    accounts = Accounts(settings, database, templates, storage, longest_form=limit * BODY_PER_MESSAGE)
    people, error_handler = People(database), ErrorHandler(templates)
    imports, shares = ImportStore(database, quota), ShareStore(database)
    importer = Importer(
        imports,
        gallery,
        sandbox,
        max_bytes=settings.max_import_bytes,
        default_model=catalog.default,
        max_message_bytes=limit,
    )
    retention = Retention(RetentionStore(database), settings.retention_days, metrics.conversations_expired)
    upstream = Upstream(None if is_demo else openrouter, settings.model_server)
    checks = [
        *checks_of(settings, DatabaseFacts(database), upstream, revisions()[-1]),
        SandboxCheck(sandbox),
        *checks_of_bus(bus),
    ]
    readiness = Readiness(checks, lambda: replies.is_draining)
    parts = {
        **accounts.parts,
        "people": people,
        "profiles": Profiles(people, budget_store, storage, accounts.parts["reset_links"]),
        "usage_of_all": UsageStore(database),
        "options": options,
        "allowance": allowance,
        "settings": without_standin(settings) if is_demo else settings,
        "chat": chat,
        "conversations": conversations,
        "replies": replies,
        "gallery": gallery,
        "streams": OpenStreams(settings.max_open_streams),
        "catalog": catalog,
        "budgets": budget_store,
        "ledger": Ledger(database),
        "own_keys": OwnKeys(key_store, tickets, openrouter, settings),
        "branches": branches,
        "presenter": presenter,
        "tree_presenter": tree_presenter,
        "sent_requests": SentRequests(database),
        "library": library,
        "starting": Starting(library, presenter),
        "chosen": ConversationSettings(database, quota),
        "listing": listing,
        "archiving": archiving,
        "listing_presenter": listing_presenter,
        "tags": tags,
        "clearing": clearing,
        "searching": searching,
        "temporary_chat": temporary_chat,
        "templates": templates,
        "documents": DocumentStore(database, gallery),
        "imports": imports,
        "importer": importer,
        "coming": Coming(Claims(database), storage),
        "storage": storage,
        "shares": shares,
        "share_presenter": SharePresenter(presenter, conversations),
        "watchers": Watchers(shares),
        "closer": Closer(sandbox),
        "webpage": Webpage(templates, renderer, assets.text("app.css")),
        "public_url": settings.public_url,
        "readiness": readiness,
        "status": Status(settings, checks, replies, storage.of_all),
        "metrics": metrics,
    }

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(database.close)
            await stack.enter_async_context(client)
            await stack.enter_async_context(sandbox.running())
            await stack.enter_async_context(gallery.running())
            with suppress(AwayError):  # older secrets go on opening what they have sealed
                await key_store.seal_anew()
            await stack.enter_async_context(accounts.running())
            await stack.enter_async_context(options.running())
            await stack.enter_async_context(catalog.running())
            await stack.enter_async_context(settling.running())
            await stack.enter_async_context(titles.running())
            await stack.enter_async_context(replies.running(alone=not database.is_shared, grace=settings.drain_seconds))
            await stack.enter_async_context(passing.running(alone=True, grace=0))
            await stack.enter_async_context(indexer.running())
            await stack.enter_async_context(clearing.running())
            await stack.enter_async_context(Summing(storage).running())
            await stack.enter_async_context(importer.running())
            await stack.enter_async_context(metrics.running())
            await stack.enter_async_context(retention.running())
            await stack.enter_async_context(readiness.running())
            yield

    drain = Drain([replies, passing], is_alone=not database.is_shared, grace=settings.drain_seconds)
    app = Litestar(
        route_handlers=[
            accounts_router,
            administration_router,
            passkeys_router,
            oidc_router,
            account_router,
            confirm_router,
            notices_router,
            joining_router,
            conversations_router,
            tree_router,
            sending_router,
            settings_router,
            library_router,
            search_router,
            api_router,
            tree_api_router,
            catalog_router,
            appearance_router,
            assets_router(assets),
            diagrams_router(assets, templates),
            operations_router,
            reports_router(metrics.policy_breached),
            usage_router,
            keys_router,
            documents_router,
            imports_router,
            temporary_router,
            *([shares_router] if sharing else []),
        ],
        dependencies={
            "caller": Dependency(provide_caller),
            "user": Dependency(provide_user),
            "client": Dependency(accounts.clients.of),
            "root": _always(settings.root),
            **{name: _always(part) for name, part in parts.items()},  # handlers ask for them by name
        },
        guards=[accounts.guard],
        exception_handlers={
            StaleSessionError: accounts.confirm_view,
            SignedOutError: SignedOutView(accounts.sign_in_view, error_handler),
            Exception: error_handler,
        },
        compression_config=CompressionConfig(
            "gzip",
            minimum_size=1_000,
            gzip_compress_level=5,
            exclude=[
                "/events$",
                "/stream$",
                "/live$",
                "/probe$",
                "^/temporary$",
                "^/assets/",
                "/pictures/[^/]+$",  # they are packed already, and large
                "/document/(md|txt)$",
                "^/export/(all|chosen)$",
            ],
        ),
        openapi_config=OpenAPIConfig(
            title=settings.app_title,
            version=__version__,
            openapi_router=Router("/schema", route_handlers=[], opt={"public": True}, include_in_schema=False),
            servers=[Server(url=settings.root or "/")],
            components=Components(security_schemes={"token": SecurityScheme(type="http", scheme="bearer")}),
            security=[{"token": []}] if settings.has_accounts else None,
            render_plugins=[ApiJson(path=["/", "/openapi.json"]), ApiYaml()],
            operation_id_creator=operation_id,
        ),
        request_max_body_size=limit * BODY_PER_MESSAGE,
        state=State({"drain": drain}),
        lifespan=[lifespan],
        logging_config=None,
        debug=False,
    )
    _check_root(app, settings.root)
    requests = Requests(Gate(Suffixes(Methods(app.asgi_handler, app)), settings), metrics.request_served)
    app.asgi_handler = RootPath(Cookies(requests, settings), settings.root)
    return app


def _check_root(app: Litestar, root: str) -> None:
    """Below /c, for one, it could not be told whether a proxy has stripped the path. Raises SettingError."""
    first = root.split("/")[1] if root else ""
    taken = {route.path.split("/")[1] for route in app.routes} - {""}
    if first in taken:
        raise SettingError(f"ROOT_PATH takes a path such as /chat; /{first} is one of the app's own addresses.")


class Dependency(Provide):
    """What handlers ask for by a name, and equal to itself alone.

    Litestar compares all dependencies of each handler with each other. Comparing their fields took
    a tenth of the time in which the app is built.
    """

    __eq__ = object.__eq__
    __hash__ = object.__hash__


def _always(part: Any) -> Dependency:
    return Dependency(lambda: part, sync_to_thread=False, use_cache=True)
