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
        ("APP_TITLE", "x" * 81, "1 to 80"),
        ("HOST", "no host", "an address to listen on"),
        ("LOG_LEVEL", "LOUD", "DEBUG, INFO, WARNING or ERROR"),
        ("DATABASE_URL", "postgres://db/chat", "sqlite:///"),
        ("MAX_MESSAGE_BYTES", "5", "1000 to 4000000"),
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
        Settings.from_env({"ACCESS_PASSWORD": "hunter2"})
    assert "hunter2" not in str(caught.value)
    settings = Settings.from_env({"OPENROUTER_API_KEY": "sk-or-v1-secret"})
    assert repr(settings) == "Settings(changed: openrouter_api_key)"


def test_an_open_address_without_a_password_is_refused() -> None:
    with pytest.raises(SettingError, match="ACCESS_PASSWORD is not set"):
        Settings.from_env({"HOST": "0.0.0.0"})
    assert not Settings.from_env({"HOST": "0.0.0.0", "ACCESS_PASSWORD": "long enough"}).is_local


@pytest.mark.parametrize("variable", [{"APP_URL": "https://chat.example.org"}, {"ALLOWED_HOSTS": "chat.example.org"}])
def test_a_public_name_without_a_password_is_refused_behind_a_proxy_too(variable: dict[str, str]) -> None:
    with pytest.raises(SettingError, match="ACCESS_PASSWORD is not set"):
        Settings.from_env(variable)
    assert "chat.example.org" in Settings.from_env({**variable, "ACCESS_PASSWORD": "long enough"}).hosts
    assert Settings.from_env({"APP_URL": "http://localhost:8000"}).is_local


def test_hosts_are_those_of_app_url_and_allowed_hosts_and_loopback_only_at_home() -> None:
    assert Settings.from_env({}).hosts == {"127.0.0.1", "::1", "localhost"}
    public = {"HOST": "0.0.0.0", "ACCESS_PASSWORD": "long enough", "APP_URL": "https://Chat.example.org/"}
    assert Settings.from_env(public).hosts == {"chat.example.org"}
    assert Settings.from_env({**public, "ALLOWED_HOSTS": "a.example, B.example"}).hosts == {
        "chat.example.org",
        "a.example",
        "b.example",
    }


def test_the_public_address_is_app_url_or_where_it_listens() -> None:
    behind = {"APP_URL": "https://chat.example.org/", "ACCESS_PASSWORD": "long enough"}
    assert Settings.from_env(behind).public_url == "https://chat.example.org"
    assert Settings.from_env({"PORT": "9000"}).public_url == "http://127.0.0.1:9000"
    assert Settings.from_env({"HOST": "::1"}).public_url == "http://[::1]:8000"


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
