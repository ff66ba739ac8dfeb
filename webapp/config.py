"""Settings: one frozen struct, read from the environment once, at the start. Nothing else reads the environment.

A field's name in capitals is its variable (``app_title`` is ``APP_TITLE``). The annotation says what it
takes; ``docs/settings.md`` describes each for operators, and a test holds the two lists together.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_type_hints
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


class SettingError(ValueError):
    """A variable with a value that cannot be used. The text is one line for the operator and names the variable."""


def _takes(what: str, *, secret: bool = False, **limits: Any) -> Meta:
    """What a variable takes, in words for the error line; a secret's value is never printed."""
    return Meta(extra={"takes": what, "secret": secret}, **limits)


Url = Annotated[str, _takes("an address that starts with http:// or https://", pattern=r"^https?://[^\s/?#]+[^\s?#]*$")]
Level = Literal["DEBUG", "INFO", "WARNING", "ERROR"]


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that can be set. Defaults make a complete local installation in demo mode."""

    openrouter_api_key: Annotated[str, _takes("an OpenRouter key, sk-or-v1-...", secret=True, pattern=r"^[!-~]*$")] = ""
    openrouter_base_url: Url = "https://openrouter.ai/api/v1"
    openrouter_timeout: Annotated[float, _takes("seconds, from 1 to 600", ge=1, le=600)] = 60.0
    app_title: Annotated[str, _takes("a title of 1 to 80 printable characters", pattern=r"^[ -~]{1,80}$")] = "Open Chat"
    app_url: Annotated[
        str, _takes("this installation's address, https://chat.example.org", pattern=r"^(https?://[^\s/?#]+/?)?$")
    ] = ""
    access_password: Annotated[
        str, _takes("a password of at least 8 characters", secret=True, pattern=r"^(.{8,})?$")
    ] = ""
    allowed_hosts: Annotated[str, _takes("host names, separated by commas", pattern=r"^[A-Za-z0-9.:\[\], -]*$")] = ""
    host: Annotated[
        str, _takes("an address to listen on, such as 127.0.0.1 or 0.0.0.0", pattern=r"^[A-Za-z0-9.:-]+$")
    ] = "127.0.0.1"
    port: Annotated[int, _takes("a port number, 0 to 65535 (0 takes any free one)", ge=0, le=65535)] = 8000
    data_dir: Annotated[str, _takes("a folder for the database file", min_length=1)] = "data"
    database_url: Annotated[
        str,
        _takes(
            "sqlite:///path/to/file.db, or nothing for a file in DATA_DIR", secret=True, pattern=r"^(sqlite:///.+)?$"
        ),
    ] = ""
    default_model: Annotated[str, _takes("a model's id, such as openai/gpt-5-mini", pattern=r"^\S*$")] = ""
    max_message_bytes: Annotated[int, _takes("a number of bytes, 1000 to 4000000", ge=1_000, le=4_000_000)] = 256_000
    max_live_replies: Annotated[int, _takes("a number of answers, 1 to 1000", ge=1, le=1_000)] = 8
    drain_seconds: Annotated[float, _takes("seconds, from 0 to 300", ge=0, le=300)] = 3.0
    demo_tokens_per_second: Annotated[float, _takes("tokens per second, 1 to 100000", ge=1, le=100_000)] = 60.0
    log_level: Annotated[Level, _takes("DEBUG, INFO, WARNING or ERROR")] = "INFO"
    log_format: Annotated[Literal["text", "json"], _takes("text or json")] = "text"

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "Settings":
        """Reads the variables it knows from ``environ`` and ignores all others; an empty one counts as not set.

        Raises SettingError for the first variable that cannot be used.
        """
        values: dict[str, Any] = {}
        for field in msgspec.structs.fields(cls):
            raw = environ.get(field.name.upper(), "").strip()
            if raw:
                values[field.name] = _convert(field.name.upper(), raw, _HINTS[field.name])
        settings = cls(**values)
        settings._check_exposure()
        return settings

    def _check_exposure(self) -> None:
        """Refuses to be reachable from elsewhere without a password: who reaches the page spends the key's money."""
        if not self.is_local and not self.access_password:
            raise SettingError(
                "ACCESS_PASSWORD is not set, and HOST, APP_URL or ALLOWED_HOSTS makes this server reachable from "
                "elsewhere; set ACCESS_PASSWORD, or keep all three to this machine."
            )

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach the server, also by way of a proxy that APP_URL tells of."""
        return self.host in LOOPBACK and self.hosts <= LOOPBACK

    @property
    def public_url(self) -> str:
        """This installation's address without a slash at its end: APP_URL, or else the address it listens on."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.app_url.rstrip("/") or f"http://{host}:{self.port}"

    @property
    def hosts(self) -> frozenset[str]:
        """Host names, without port and in small letters, that requests may ask for."""
        names = {name.strip().lower() for name in self.allowed_hosts.split(",") if name.strip()}
        if self.app_url:
            names.add((urlsplit(self.app_url).hostname or "").lower())
        return frozenset(names | LOOPBACK if self.host in LOOPBACK else names)

    @property
    def database_path(self) -> Path:
        """The SQLite file."""
        if self.database_url:
            return Path(self.database_url.removeprefix("sqlite:///"))
        return Path(self.data_dir) / "open-chat.db"

    def __repr__(self) -> str:
        """Shows the names of what differs from the defaults, and no values: some are secrets."""
        changed = [field.name for field in msgspec.structs.fields(self) if getattr(self, field.name) != field.default]
        return f"Settings(changed: {', '.join(changed) or 'nothing'})"


_HINTS: Final = get_type_hints(Settings, include_extras=True)


def describe(name: str) -> Mapping[str, Any]:
    """What the field ``name`` takes: ``takes`` in words, ``secret`` whether its value may be shown."""
    extra: Mapping[str, Any] = next(
        meta.extra for meta in _HINTS[name].__metadata__ if isinstance(meta, Meta) and meta.extra
    )
    return extra


def _convert(variable: str, raw: str, hint: Any) -> Any:
    try:
        return msgspec.convert(raw, hint, strict=False)
    except msgspec.ValidationError:
        about = describe(variable.lower())
        got = "something else" if about["secret"] else repr(raw[:80])
        raise SettingError(f"{variable} takes {about['takes']}; got {got}.") from None


def load(dotenv: Path = Path(".env")) -> Settings:
    """The settings of this process: its environment, and below it the file ``.env`` for local use.

    Raises SettingError for a variable or a line of the file that cannot be used.
    """
    own = {name: value for name, value in os.environ.items() if value.strip()}  # an empty one counts as not set
    return Settings.from_env({**read_dotenv(dotenv), **own})


def read_dotenv(path: Path) -> dict[str, str]:
    """The variables of a ``NAME=value`` file: blank lines and # comments aside, quotes around a value taken off.

    A file that does not exist has none. Raises SettingError for a line of another shape.
    """
    if not path.is_file():
        return {}
    found: dict[str, str] = {}
    for number, line in enumerate(path.read_text("utf-8-sig", errors="replace").splitlines(), 1):
        text = line.strip().removeprefix("export ")
        if not text or text.startswith("#"):
            continue
        name, equals, value = text.partition("=")
        if not equals or not name.strip().isidentifier():
            raise SettingError(f"{path}, line {number}: takes NAME=value or # comment.")
        found[name.strip()] = _unquote(value.strip())
    return found


def _unquote(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    return value.split(" #", 1)[0].rstrip()
