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


_SEGMENTS: Final = r"(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~-]+)*/?"  # of a path that needs no escapes
_ADDRESS: Final = r"(?!.*=\?)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@[A-Za-z0-9.-]+"
_MODELS: Final = r"[\w.~@:+-]+(?:/[\w.~@:+-]+)*(?:/\*)?"  # one, or all of a maker

Url = Annotated[str, _takes("an address that starts with http:// or https://", pattern=r"^https?://[^\s/?#]+[^\s?#]*$")]
Dollars = Annotated[str, _takes("US dollars a month, such as 20 or 7.50", pattern=r"^(\d{1,6}(\.\d{1,6})?)?$")]
Level = Literal["DEBUG", "INFO", "WARNING", "ERROR"]


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that can be set. Defaults make a complete local installation in demo mode."""

    openrouter_api_key: Annotated[str, _takes("an OpenRouter key, sk-or-v1-...", secret=True, pattern=r"^[!-~]*$")] = ""
    openrouter_base_url: Url = "https://openrouter.ai/api/v1"
    openrouter_timeout: Annotated[float, _takes("seconds, from 1 to 600", ge=1, le=600)] = 60.0
    app_title: Annotated[str, _takes("a title of 1 to 80 printable characters", pattern=r"^[ -~]{1,80}$")] = "Open Chat"
    app_url: Annotated[
        str,
        _takes(
            "this installation's address, https://chat.example.org or https://example.org/chat",
            pattern=rf"^(https?://[^\s/?#]+{_SEGMENTS})?$",
        ),
    ] = ""
    root_path: Annotated[
        str, _takes("a path of letters, digits and . _ ~ -, such as /chat", pattern=rf"^{_SEGMENTS}$")
    ] = ""
    auth: Annotated[
        Literal["", "on", "off"], _takes("on or off, or nothing for on wherever others can reach the server")
    ] = ""
    admin_email: Annotated[
        str, _takes("an e-mail address, such as you@example.org", pattern=r"^([^@\s]+@[^@\s]+\.[^@\s]+)?$")
    ] = ""
    admin_password: Annotated[
        str, _takes("a password of 10 to 200 characters", secret=True, pattern=r"^(.{10,200})?$")
    ] = ""
    password_sign_in: Annotated[Literal["on", "off"], _takes("on or off")] = "on"  # noqa: S105  # no password
    oidc_issuer: Annotated[
        str,
        _takes(
            "an issuer's address, such as https://accounts.example.org",
            pattern=r"^(https?://[^\s/?#@]+(/[^\s?#]*)?)?$",
            max_length=300,
        ),
    ] = ""
    oidc_client_id: Annotated[str, _takes("the client's id at OIDC_ISSUER", pattern=r"^[!-~]{0,300}$")] = ""
    oidc_client_secret: Annotated[
        str, _takes("the client's secret at OIDC_ISSUER", secret=True, pattern=r"^[ -~]{0,1000}$")
    ] = ""
    oidc_name: Annotated[str, _takes("a name of 1 to 40 printable characters", pattern=r"^[ -~]{1,40}$")] = (
        "single sign-on"
    )
    oidc_domains: Annotated[
        str,
        _takes(
            "mail domains such as example.org or xn--bcher-kva.example, separated by commas",
            pattern=r"^[A-Za-z0-9., -]*$",
        ),
    ] = ""
    signup_domains: Annotated[
        str,
        _takes(
            "mail domains such as example.org or xn--bcher-kva.example, separated by commas",
            pattern=r"^[A-Za-z0-9.-]*(\s*,\s*[A-Za-z0-9.-]+)*$",
        ),
    ] = ""
    smtp_url: Annotated[
        str,
        _takes(
            "smtp://user:password@host:587 or smtps://... for TLS from the first byte",
            secret=True,
            pattern=r"^(smtps?://[^\s/]+/?)?$",
        ),
    ] = ""
    mail_from: Annotated[
        str, _takes("an e-mail address of ASCII, such as chat@example.org", pattern=rf"^({_ADDRESS})?$")
    ] = ""
    metrics_token: Annotated[
        str, _takes("a token of at least 16 characters without spaces", secret=True, pattern=r"^([!-~]{16,})?$")
    ] = ""
    proxy_hops: Annotated[int, _takes("a number of proxies, 0 to 10", ge=0, le=10)] = 0
    allowed_hosts: Annotated[str, _takes("host names, separated by commas", pattern=r"^[A-Za-z0-9.:\[\], -]*$")] = ""
    host: Annotated[
        str, _takes("an address to listen on, such as 127.0.0.1 or 0.0.0.0", pattern=r"^[A-Za-z0-9.:-]+$")
    ] = "127.0.0.1"
    port: Annotated[int, _takes("a port number, 0 to 65535 (0 takes any free one)", ge=0, le=65535)] = 8000
    data_dir: Annotated[str, _takes("a folder for the database file", min_length=1)] = "data"
    database_url: Annotated[
        str,
        _takes(
            "sqlite:///path/to/file.db or postgresql://user:password@host:5432/name, or nothing for a file in DATA_DIR",
            secret=True,
            pattern=r"^((sqlite:///|postgres://|postgresql://|postgresql\+asyncpg://).+)?$",
        ),
    ] = ""
    database_pool_size: Annotated[int, _takes("a number of connections, 2 to 100", ge=2, le=100)] = 5
    redis_url: Annotated[
        str,
        _takes(
            "redis://user:password@host:6379/0 or rediss://... for TLS",
            secret=True,
            pattern=r"^(rediss?://[^\s/]\S*)?$",
        ),
    ] = ""
    web_concurrency: Annotated[int, _takes("a number of processes, 1 to 64", ge=1, le=64)] = 1
    default_model: Annotated[str, _takes("a model's id, such as openai/gpt-5-mini", pattern=r"^\S*$")] = ""
    title_model: Annotated[str, _takes("a model's id, such as openai/gpt-5-nano", pattern=r"^\S*$")] = ""
    allowed_models: Annotated[
        str,
        _takes(
            "model ids, or maker/* for all of a maker, separated by commas",
            pattern=rf"^({_MODELS}(\s*,\s*{_MODELS})*)?$",
        ),
    ] = ""
    max_message_bytes: Annotated[int, _takes("a number of bytes, 1000 to 4000000", ge=1_000, le=4_000_000)] = 256_000
    max_import_bytes: Annotated[
        int, _takes("a number of bytes, 100000 to 2000000000", ge=100_000, le=2_000_000_000)
    ] = 50_000_000
    max_bytes_per_user: Annotated[
        int, _takes("a number of bytes, 0 to 10000000000000 (0 for any)", ge=0, le=10_000_000_000_000)
    ] = 2_000_000_000
    max_live_replies: Annotated[int, _takes("a number of answers, 1 to 1000", ge=1, le=1_000)] = 8
    max_messages_per_minute: Annotated[int, _takes("a number of messages, 0 to 10000 (0 for any)", ge=0, le=10_000)] = 0
    monthly_soft_limit: Dollars = ""
    monthly_hard_limit: Dollars = ""
    secret_key: Annotated[
        str,
        _takes(
            "32 or more characters without spaces, and after commas older ones",
            secret=True,
            pattern=r"^([!-+\--~]{32,}(,[!-+\--~]{32,})*)?$",
        ),
    ] = ""
    sharing: Annotated[Literal["on", "off"], _takes("on or off")] = "on"
    max_open_streams: Annotated[int, _takes("a number of streams, 1 to 100000", ge=1, le=100_000)] = 50
    retention_days: Annotated[int, _takes("a number of days, 0 to 36500 (0 keeps all)", ge=0, le=36_500)] = 0
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
        settings._check_administrator()
        settings._check_mail()
        settings._check_root()
        settings._check_provider()
        return settings

    def _check_exposure(self) -> None:
        """Refuses to be reachable from elsewhere without accounts: who reaches the page spends the key's money."""
        if not self.is_local and self.auth == "off":
            raise SettingError(
                "AUTH is off, and HOST, APP_URL or ALLOWED_HOSTS makes this server reachable from elsewhere; "
                "set AUTH=on, or keep all three to this machine."
            )

    def _check_administrator(self) -> None:
        if bool(self.admin_email) != bool(self.admin_password):
            missing, given = "ADMIN_PASSWORD", "ADMIN_EMAIL"
            if self.admin_password:
                missing, given = given, missing
            raise SettingError(f"{missing} is not set, and {given} is; they take effect together, at the first start.")

    def _check_mail(self) -> None:
        if self.smtp_url and not self.mail_from:
            raise SettingError("MAIL_FROM is not set, and SMTP_URL is; mails need an address that they come from.")
        if self.signup_domains and not self.smtp_url:
            raise SettingError(
                "SMTP_URL is not set, and SIGNUP_DOMAINS is; who signs up has to open a link that is mailed to them."
            )

    def _check_root(self) -> None:
        own, of_address = self.root_path.rstrip("/"), urlsplit(self.app_url).path.rstrip("/")
        if own and of_address and own != of_address:
            raise SettingError(
                f"ROOT_PATH is {own} and APP_URL leads to {of_address}; they take the same path, or one has none."
            )

    def _check_provider(self) -> None:
        """OpenID Connect is set whole or not at all, and nothing that it tells goes over a wire in the clear."""
        if not self.oidc_issuer:
            if not self.takes_passwords:
                raise SettingError("PASSWORD_SIGN_IN is off, and OIDC_ISSUER is not set: nobody could sign in.")
            return
        for name in ("oidc_client_id", "oidc_client_secret", "app_url"):
            if not getattr(self, name):
                raise SettingError(f"{name.upper()} is not set, and OIDC_ISSUER is; it needs that.")
        for name in ("oidc_issuer", "app_url"):
            address = urlsplit(getattr(self, name))
            if address.scheme != "https" and address.hostname not in LOOPBACK:
                raise SettingError(f"{name.upper()} takes https:// for OpenID Connect, except on this machine.")

    @property
    def root(self) -> str:
        """The path of the host below which the app is: ROOT_PATH or else APP_URL's; "" for the whole host."""
        return self.root_path.rstrip("/") or urlsplit(self.app_url).path.rstrip("/")

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach the server, also by way of a proxy that APP_URL tells of."""
        return self.host in LOOPBACK and self.hosts <= LOOPBACK

    @property
    def asks_openrouter(self) -> bool:
        """Whether OpenRouter itself answers, and not another server that speaks the same protocol."""
        host = urlsplit(self.openrouter_base_url).hostname or ""
        return host == "openrouter.ai" or host.endswith(".openrouter.ai")

    @property
    def model_server(self) -> str:
        """What the server that answers is called in a sentence."""
        return "OpenRouter" if self.asks_openrouter else "the model server"

    @property
    def has_accounts(self) -> bool:
        """Whether people sign in. Otherwise everything belongs to the one who sits at this machine."""
        return self.auth == "on" or (self.auth == "" and not self.is_local)

    @property
    def is_behind_tls(self) -> bool:
        """Whether people come by https, which a proxy ends: APP_URL tells."""
        return self.app_url.startswith("https://")

    @property
    def domains(self) -> frozenset[str]:
        """Mail domains whose people may sign up by themselves."""
        return _domains(self.signup_domains)

    @property
    def public_url(self) -> str:
        """This installation's address without a slash at its end: APP_URL, or else the address it listens on."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        site = self.app_url.rstrip("/").removesuffix(self.root) or f"http://{host}:{self.port}"
        return site + self.root

    @property
    def hosts(self) -> frozenset[str]:
        """Host names, without port and in small letters, that requests may ask for."""
        names = {name.strip().lower() for name in self.allowed_hosts.split(",") if name.strip()}
        if self.app_url:
            names.add((urlsplit(self.app_url).hostname or "").lower())
        return frozenset(names | LOOPBACK if self.host in LOOPBACK else names)

    @property
    def takes_passwords(self) -> bool:
        """Whether members sign in with passwords; administrators always do."""
        return self.password_sign_in != "off"  # noqa: S105  # no password

    @property
    def oidc_mail_domains(self) -> frozenset[str]:
        """Mail domains whose people get an account when they have signed in at OIDC_ISSUER."""
        return _domains(self.oidc_domains)

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


def _domains(text: str) -> frozenset[str]:
    """Names of ASCII with commas between, in the form in which the domain of an address is compared."""
    return frozenset(name.strip().lower() for name in text.split(",") if name.strip())


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


def load(dotenv: Path = Path(".env"), **given: str) -> Settings:
    """The settings of this process: its environment, and below it the file ``.env`` for local use.

    What is ``given``, by the variable's name, counts before both.

    Raises SettingError for a variable or a line of the file that cannot be used.
    """
    own = {name: value for name, value in {**os.environ, **given}.items() if value.strip()}  # empty counts as not set
    return Settings.from_env({**read_dotenv(dotenv), **own})


def library_path() -> dict[str, str]:
    """What another process needs to find Python's libraries, on platforms that say so by a variable; and no more."""
    return {name: value for name, value in os.environ.items() if name == "LD_LIBRARY_PATH"}


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
