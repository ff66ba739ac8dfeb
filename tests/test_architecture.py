"""The import rule of docs/architecture.md: who may import whom, checked line by line."""

import ast
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "webapp"

# A package of ours may import those named here, itself, and nothing else of ours.
MAY_IMPORT: dict[str, frozenset[str]] = {
    "app": frozenset(
        {
            "operations",
            "administration",
            "documents",
            "draining",
            "sandbox",
            "search",
            "temporary",
            "conversations",
            "library",
            "bus",
            "catalog",
            "accounts",
            "web",
            "rendering",
            "db",
            "services",
            "background",
            "config",
        }
    ),
    "__main__": frozenset({"cli"}),
    "cli": frozenset({"commands", "config", "db", "server", "standin", "supervisor", "web"}),
    "commands": frozenset(
        {"operations", "documents", "conversations", "sandbox", "accounts", "web", "db", "services", "config"}
    ),
    "server": frozenset(
        {"accounts", "app", "config", "connection", "db", "demo", "listening", "logs", "packages", "supervisor"}
    ),
    "connection": frozenset(),
    "draining": frozenset(),
    "supervisor": frozenset({"config", "db", "demo", "listening", "logs"}),
    "demo": frozenset({"config", "standin"}),
    "listening": frozenset({"config"}),
    "packages": frozenset({"web"}),
    "logs": frozenset({"config", "said_of_errors", "web"}),
    "said_of_errors": frozenset(),
    "operations": frozenset(
        {
            "conversations",
            "bus",
            "catalog",
            "accounts",
            "web",
            "rendering",
            "sandbox",
            "db",
            "services",
            "background",
            "config",
        }
    ),
    "administration": frozenset(
        {"conversations", "catalog", "accounts", "web", "rendering", "db", "services", "config"}
    ),
    "documents": frozenset({"conversations", "sandbox", "catalog", "accounts", "web", "rendering", "background", "db"}),
    "search": frozenset({"conversations", "catalog", "accounts", "web", "db", "background", "config"}),
    "conversations": frozenset(
        {
            "bus",
            "library",
            "catalog",
            "accounts",
            "web",
            "rendering",
            "sandbox",
            "db",
            "services",
            "background",
            "config",
        }
    ),
    "temporary": frozenset({"conversations", "sandbox", "catalog", "accounts", "web", "db"}),
    "library": frozenset({"catalog", "accounts", "web", "db"}),
    "catalog": frozenset({"accounts", "web", "rendering", "db", "services", "background", "config"}),
    "accounts": frozenset({"web", "rendering", "db", "services", "background", "config"}),
    "web": frozenset({"background", "config"}),
    "rendering": frozenset(),
    "sandbox": frozenset({"background", "config"}),
    "bus": frozenset({"db", "background", "config"}),
    "db": frozenset({"background", "config"}),
    "services": frozenset({"background", "config"}),
    "standin": frozenset(),
    "background": frozenset(),
    "config": frozenset(),
}

# A library that is kept to a few places: the files that may import it, as path prefixes or file names.
ONLY_IN: dict[str, tuple[str, ...]] = {
    "litestar": (
        "app.py",
        "web/",
        "*routes.py",
        "*api.py",
        "guard.py",
        "desk.py",
        "profiles.py",
        "accounts/browser.py",
        "accounts/confirm_view.py",
    ),
    "sqlalchemy": ("db/", "*store.py"),
    "webauthn": ("accounts/passkeys.py",),
    "joserfc": ("accounts/id_tokens.py",),
    "argon2": ("accounts/passwords.py",),
    "aiosmtplib": ("services/mail.py",),
    "alembic": ("db/",),
    "asyncpg": ("db/", "bus/postgres.py"),
    "redis": ("bus/redis.py",),
    "httpx": ("services/",),
    "aiohttp": ("services/aiohttp_transport.py",),
    "yarl": ("services/aiohttp_transport.py",),
    "jinja2": ("web/",),
    "prometheus_client": ("operations/metrics.py",),
    "comrak": ("rendering/",),
    "nh3": ("rendering/",),
    "PIL": ("conversations/repainting.py",),
    "idna": ("rendering/addresses.py", "accounts/addresses.py"),
    "uvicorn": ("server.py", "connection.py", "standin/"),
}

# Pure: values in, values out.
PURE = (
    "rendering/",
    "operations/cyclonedx.py",
    "operations/licences.py",
    "operations/lockfiles.py",
    "services/sse.py",
    "services/chunks.py",
    "services/events.py",
    "services/answer.py",
    "services/listings.py",
    "accounts/spending.py",
    "accounts/budgets.py",
    "accounts/usage_pages.py",
    "conversations/messages.py",
    "conversations/meter.py",
    "conversations/pictures.py",
    "conversations/picture_sizes.py",
    "conversations/tree.py",
    "catalog/models.py",
    "documents/document.py",
    "documents/writers.py",
    "documents/imports/reading.py",
    "documents/imports/soundness.py",
    "documents/imports/openchat.py",
    "documents/imports/chatgpt.py",
    "documents/imports/chatgpt_parts.py",
    "documents/imports/chatgpt_text.py",
    "documents/imports/claude.py",
    "documents/imports/claude_blocks.py",
    "documents/imports/claude_text.py",
    "documents/imports/openwebui.py",
    "documents/imports/openwebui_parts.py",
    "documents/imports/openwebui_text.py",
    "documents/imports/librechat.py",
    "documents/imports/librechat_parts.py",
    "documents/imports/formats.py",
    "documents/imports/elements.py",
    "documents/imports/marks.py",
    "documents/imports/other_files.py",
    "documents/imports/readers/",
    "documents/imports/records.py",
    "documents/imports/said.py",
    "documents/imports/scanning.py",
    "documents/imports/times.py",
    "search/folding.py",
    "search/query.py",
    "search/snippets.py",
)
IMPURE_MODULES = frozenset({"asyncio", "httpx", "litestar", "os", "pathlib", "socket", "sqlalchemy", "time", "logging"})

# What can open a connection, and who may use it: for the model, for the bus and the database, or to listen.
REACHES_OUT: dict[str, tuple[str, ...]] = {
    "httpx": ("services/",),
    "aiohttp": ("services/",),
    "redis": ("bus/redis.py",),
    "asyncpg": ("db/", "bus/postgres.py"),
    "socket": ("listening.py", "supervisor.py", "server.py", "standin/", "sandbox/process.py"),
    "urllib.request": ("services/",),
    "ssl": ("db/", "bus/"),
    **dict.fromkeys(
        ("http.client", "urllib3", "requests", "ftplib", "smtplib", "xmlrpc", "socketserver", "websockets"), ()
    ),
}
CONNECTS = frozenset({"open_connection", "create_connection", "open_unix_connection", "sock_connect", "urlopen"})


class Import(NamedTuple):
    path: Path
    line: int
    module: str

    def __str__(self) -> str:
        return f"webapp/{self.path}:{self.line} imports {self.module}"


def imports_of(path: Path) -> Iterator[Import]:
    relative = path.relative_to(PACKAGE)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (Import(relative, node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"webapp/{relative}:{node.lineno}: imports are absolute"
            if node.module == "webapp":
                names = (alias.name for alias in node.names if not alias.name.startswith("__"))
                yield from (Import(relative, node.lineno, f"webapp.{name}") for name in names)
            else:
                yield Import(relative, node.lineno, node.module or "")


@cache
def imports() -> list[Import]:
    """All of the package's."""
    return [found for path in sorted(PACKAGE.rglob("*.py")) for found in imports_of(path)]


def allowed_in(path: Path, places: tuple[str, ...]) -> bool:
    return any(path.as_posix().startswith(place) if "/" in place else fnmatch(path.name, place) for place in places)


def test_our_packages_import_one_way() -> None:
    wrong = []
    for found in imports():
        if not found.module.startswith("webapp."):
            continue
        importer, imported = found.path.parts[0].removesuffix(".py"), found.module.split(".")[1]
        if imported not in MAY_IMPORT[importer] | {importer}:
            wrong.append(str(found))
    assert not wrong, "against the import rule:\n" + "\n".join(wrong)


def test_libraries_stay_where_they_belong() -> None:
    wrong = [
        str(found)
        for found in imports()
        for library, places in ONLY_IN.items()
        if found.module.split(".")[0] == library and not allowed_in(found.path, places)
    ]
    assert not wrong, "libraries out of their places:\n" + "\n".join(wrong)


def test_only_services_bus_and_database_reach_out() -> None:
    """So nothing fetches an address that a person or a model gave: `services/` calls the one of the settings."""
    wrong = [
        str(found)
        for found in imports()
        for library, places in REACHES_OUT.items()
        if f"{found.module}.".startswith(f"{library}.") and not allowed_in(found.path, places)
    ]
    wrong += [
        f"webapp/{path.relative_to(PACKAGE)}:{node.lineno} calls {node.attr}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in CONNECTS
    ]
    assert not wrong, "connections from where none should be opened:\n" + "\n".join(wrong)


def test_pure_modules_do_no_io() -> None:
    wrong = [
        str(found)
        for found in imports()
        if found.path.as_posix().startswith(PURE) and found.module.split(".")[0] in IMPURE_MODULES
    ]
    assert not wrong, "pure modules that reach outside:\n" + "\n".join(wrong)


def test_only_config_reads_the_environment() -> None:
    wrong = [
        f"webapp/{path.relative_to(PACKAGE)}:{node.lineno}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if path.name != "config.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv", "environb", "putenv"}
    ]
    assert not wrong, f"the environment is read outside config.py: {wrong}"
