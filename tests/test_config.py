"""Settings from the environment: what is taken, and what ends the start with one line."""

from pathlib import Path

import msgspec
import pytest

from webapp.config import SettingError, Settings, describe, read_dotenv


def test_nothing_set_is_a_complete_local_installation() -> None:
    settings = Settings.from_env({})
    assert (settings.host, settings.port, settings.is_local) == ("127.0.0.1", 8000, True)
    assert settings.openrouter_base_url == "https://openrouter.ai/api/v1"
    assert settings.database_path == Path("data/open-chat.db")


def test_variables_are_fields_in_capitals() -> None:
    settings = Settings.from_env({"APP_TITLE": "My chat", "PORT": " 9000 ", "UNKNOWN": "x", "DATA_DIR": ""})
    assert (settings.app_title, settings.port, settings.data_dir) == ("My chat", 9000, "data")


@pytest.mark.parametrize(
    ("variable", "value", "takes"),
    [
        ("PORT", "eighty", "a port number"),
        ("PORT", "70000", "a port number"),
        ("OPENROUTER_BASE_URL", "openrouter.ai", "http:// or https://"),
        ("OPENROUTER_BASE_URL", "https://a b", "http:// or https://"),
        ("APP_URL", "chat.example.org", "https://chat.example.org"),
        ("APP_URL", "https://example.org/chat?x", "https://example.org/chat"),
        ("ROOT_PATH", "chat", "such as /chat"),
        ("ROOT_PATH", "/a b", "such as /chat"),
        ("ROOT_PATH", "/chat/../x", "such as /chat"),
        ("ROOT_PATH", "//chat", "such as /chat"),
        ("APP_TITLE", "x" * 81, "1 to 80"),
        ("HOST", "no host", "an address to listen on"),
        ("LOG_LEVEL", "LOUD", "DEBUG, INFO, WARNING or ERROR"),
        ("DATABASE_URL", "mysql://db/chat", "postgresql://user:password@host"),
        ("REDIS_URL", "localhost:6379", "redis://user:password@host:6379/0"),
        ("DATABASE_POOL_SIZE", "1", "2 to 100"),
        ("PROXY_HOPS", "11", "0 to 10"),
        ("SMTP_URL", "mail.example.org", "smtp://user:password@host:587"),
        ("MAIL_FROM", "chat", "chat@example.org"),
        ("SIGNUP_DOMAINS", "@example.org", "mail domains"),
        ("RETENTION_DAYS", "-1", "0 to 36500"),
        ("MAX_OPEN_STREAMS", "0", "1 to 100000"),
        ("MAX_MESSAGES_PER_MINUTE", "-1", "0 to 10000"),
        ("MONTHLY_SOFT_LIMIT", "-1", "US dollars a month"),
        ("MONTHLY_HARD_LIMIT", "nan", "US dollars a month"),
        ("SECRET_KEY", "x" * 31, "32 or more characters"),
        ("SECRET_KEY", "x" * 32 + ",short", "32 or more characters"),
        ("PASSWORD_SIGN_IN", "maybe", "on or off"),
        ("OIDC_ISSUER", "accounts.example.org", "https://accounts.example.org"),
        ("OIDC_ISSUER", "https://user@example.org", "https://accounts.example.org"),
        ("OIDC_CLIENT_ID", "a b", "the client's id"),
        ("OIDC_CLIENT_SECRET", "\u00e9", "the client's secret"),
        ("OIDC_NAME", "x" * 41, "1 to 40"),
        ("OIDC_DOMAINS", "@example.org", "mail domains"),
        ("METRICS_TOKEN", "short", "at least 16 characters"),
        ("ALLOWED_MODELS", "maker/one; maker/two", "separated by commas"),
        ("MAX_IMPORT_BYTES", "5", "100000 to 2000000000"),
        ("MAX_BYTES_PER_USER", "2 GB", "0 to 10000000000000 (0 for any)"),
        ("MAX_MESSAGE_BYTES", "5", "1000 to 4000000"),
        ("SHARING", "maybe", "on or off"),
        ("DRAIN_SECONDS", "nan", "seconds, from 0 to 300"),
        ("OPENROUTER_TIMEOUT", "inf", "seconds, from 1 to 600"),
    ],
)
def test_a_bad_value_is_one_line_that_names_the_variable(variable: str, value: str, takes: str) -> None:
    with pytest.raises(SettingError) as caught:
        Settings.from_env({variable: value})
    line = str(caught.value)
    assert line.startswith(f"{variable} takes ")
    assert takes in line
    assert "\n" not in line


def test_a_secret_is_shown_neither_in_errors_nor_in_repr() -> None:
    with pytest.raises(SettingError) as caught:
        Settings.from_env({"ADMIN_PASSWORD": "hunter2"})
    assert "hunter2" not in str(caught.value)
    settings = Settings.from_env({"OPENROUTER_API_KEY": "sk-or-v1-secret"})
    assert repr(settings) == "Settings(changed: openrouter_api_key)"


@pytest.mark.parametrize(
    "variable", [{"HOST": "0.0.0.0"}, {"APP_URL": "https://chat.example.org"}, {"ALLOWED_HOSTS": "chat.example.org"}]
)
def test_people_sign_in_wherever_others_can_reach_the_server(variable: dict[str, str]) -> None:
    settings = Settings.from_env(variable)
    assert (settings.is_local, settings.has_accounts) == (False, True)
    with pytest.raises(SettingError, match="AUTH is off, and HOST, APP_URL or ALLOWED_HOSTS"):
        Settings.from_env({**variable, "AUTH": "off"})


def test_at_home_nobody_signs_in_unless_that_is_asked_for() -> None:
    for variable in ({}, {"AUTH": "off"}, {"APP_URL": "http://localhost:8000"}):
        settings = Settings.from_env(variable)
        assert (settings.is_local, settings.has_accounts) == (True, False)
    assert Settings.from_env({"AUTH": "on"}).has_accounts


@pytest.mark.parametrize("given", [{"ADMIN_EMAIL": "a@example.org"}, {"ADMIN_PASSWORD": "long enough"}])
def test_half_an_administrator_is_refused(given: dict[str, str]) -> None:
    (missing,) = {"ADMIN_EMAIL", "ADMIN_PASSWORD"} - set(given)
    with pytest.raises(SettingError, match=f"^{missing} is not set, and"):
        Settings.from_env(given)


def test_hosts_are_those_of_app_url_and_allowed_hosts_and_loopback_only_at_home() -> None:
    assert Settings.from_env({}).hosts == {"127.0.0.1", "::1", "localhost"}
    public = {"HOST": "0.0.0.0", "APP_URL": "https://Chat.example.org/"}
    assert Settings.from_env(public).hosts == {"chat.example.org"}
    assert Settings.from_env({**public, "ALLOWED_HOSTS": "a.example, B.example"}).hosts == {
        "chat.example.org",
        "a.example",
        "b.example",
    }


def test_the_public_address_is_app_url_or_where_it_listens() -> None:
    behind = {"APP_URL": "https://chat.example.org/"}
    assert Settings.from_env(behind).public_url == "https://chat.example.org"
    assert Settings.from_env({"PORT": "9000"}).public_url == "http://127.0.0.1:9000"
    assert Settings.from_env({"HOST": "::1"}).public_url == "http://[::1]:8000"


@pytest.mark.parametrize(
    "environ",
    [
        {"APP_URL": "https://example.org/tools/chat/"},
        {"APP_URL": "https://example.org/", "ROOT_PATH": "/tools/chat/"},
        {"APP_URL": "https://example.org/tools/chat", "ROOT_PATH": "/tools/chat"},
    ],
)
def test_the_app_is_below_the_path_that_either_setting_tells(environ: dict[str, str]) -> None:
    settings = Settings.from_env({**environ})
    assert (settings.root, settings.public_url) == ("/tools/chat", "https://example.org/tools/chat")
    assert settings.hosts == {"example.org", "127.0.0.1", "::1", "localhost"}


def test_the_app_has_the_whole_host_unless_it_is_told() -> None:
    assert Settings.from_env({"ROOT_PATH": "/"}).root == Settings.from_env({}).root == ""
    assert Settings.from_env({"ROOT_PATH": "/chat"}).public_url == "http://127.0.0.1:8000/chat"


def test_two_paths_that_differ_are_refused() -> None:
    with pytest.raises(SettingError, match="ROOT_PATH is /chat and APP_URL leads to /talk"):
        Settings.from_env({"ROOT_PATH": "/chat", "APP_URL": "http://localhost:8000/talk"})


def test_dotenv_has_names_values_comments_and_quotes(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("# key\nexport APP_TITLE='My chat'\nPORT=9000 # why\n\nURL=\"a#b\"\nEMPTY=\n")
    assert read_dotenv(file) == {"APP_TITLE": "My chat", "PORT": "9000", "URL": "a#b", "EMPTY": ""}
    assert read_dotenv(tmp_path / "none") == {}


def test_a_bad_line_of_dotenv_is_named(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("PORT=1\nnot a setting\n")
    with pytest.raises(SettingError, match="line 2"):
        read_dotenv(file)


def test_every_setting_says_what_it_takes() -> None:
    for field in msgspec.structs.fields(Settings):
        assert describe(field.name)["takes"]


def test_every_setting_is_in_its_document() -> None:
    document = Path("docs/settings.md").read_text()
    documented = {line.split("`")[1] for line in document.splitlines() if line.startswith("| `")}
    assert documented == {field.name.upper() for field in msgspec.structs.fields(Settings)}


PROVIDER = {
    "APP_URL": "https://chat.example.org",
    "OIDC_ISSUER": "https://accounts.example.org",
    "OIDC_CLIENT_ID": "chat",
    "OIDC_CLIENT_SECRET": "hush",
}


def test_a_provider_is_set_whole_or_not_at_all() -> None:
    settings = Settings.from_env({**PROVIDER, "OIDC_DOMAINS": "Example.org, example.com"})
    assert settings.oidc_mail_domains == {"example.org", "example.com"}
    for name in PROVIDER.keys() - {"OIDC_ISSUER"}:
        with pytest.raises(SettingError, match=f"^{name} is not set, and OIDC_ISSUER is"):
            Settings.from_env({**PROVIDER, name: ""})


@pytest.mark.parametrize("name", ["APP_URL", "OIDC_ISSUER"])
def test_nothing_of_a_provider_goes_over_a_wire_in_the_clear(name: str) -> None:
    with pytest.raises(SettingError, match=f"^{name} takes https://"):
        Settings.from_env({**PROVIDER, name: PROVIDER[name].replace("https", "http")})
    assert Settings.from_env({**PROVIDER, name: "http://localhost:8000"})


def test_passwords_are_closed_only_where_there_is_another_way() -> None:
    with pytest.raises(SettingError, match="PASSWORD_SIGN_IN is off, and OIDC_ISSUER is not set"):
        Settings.from_env({"PASSWORD_SIGN_IN": "off"})
    assert not Settings.from_env({**PROVIDER, "PASSWORD_SIGN_IN": "off"}).takes_passwords


def test_mails_need_a_sender_and_open_sign_up_needs_mails() -> None:
    with pytest.raises(SettingError, match="MAIL_FROM is not set"):
        Settings.from_env({"SMTP_URL": "smtp://localhost"})
    with pytest.raises(SettingError, match="SMTP_URL is not set"):
        Settings.from_env({"SIGNUP_DOMAINS": "example.org"})
    settings = Settings.from_env(
        {"SMTP_URL": "smtp://localhost", "MAIL_FROM": "chat@example.org", "SIGNUP_DOMAINS": "Example.org, example.com"}
    )
    assert settings.domains == {"example.org", "example.com"}
