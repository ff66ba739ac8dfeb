"""All settings as administrators see them: who has said what, and no secret."""

import msgspec

from webapp.administration.settings import CHOSEN, ShownSetting, shown_settings, without_standin
from webapp.config import Settings, describe

SECRET = "correct-horse-battery-staple-0123456789"


def shown(name: str, environ: dict[str, str] | None = None, chosen: tuple[str, ...] = ()) -> ShownSetting:
    settings = Settings.from_env(environ or {})
    return next(one for one in shown_settings(settings, chosen) if one.variable == name)


def test_every_setting_is_there_and_says_what_it_takes() -> None:
    fields = [field.name.upper() for field in msgspec.structs.fields(Settings)]
    assert [one.variable for one in shown_settings(Settings(), ())] == fields
    assert all(one.takes and one.value for one in shown_settings(Settings(), ()))


def test_what_the_environment_sets_is_told_from_a_default() -> None:
    assert shown("PORT", {"PORT": "9000"}).source == "environment"
    assert shown("PORT", {"PORT": "9000"}).value == "9000"
    assert shown("PORT").source == "default"
    assert shown("APP_URL").value == "not set"


def test_what_was_chosen_is_told_and_the_environment_wins() -> None:
    chosen = shown("ALLOWED_MODELS", chosen=("allowed_models",))
    assert (chosen.source, chosen.place) == ("chosen", "/admin/models")
    assert shown("ALLOWED_MODELS").place == "/admin/models"
    fixed = shown("ALLOWED_MODELS", {"ALLOWED_MODELS": "a/one"}, ("allowed_models",))
    assert (fixed.source, fixed.place, fixed.value) == ("environment", "", "a/one")
    assert set(CHOSEN) <= {field.name for field in msgspec.structs.fields(Settings)}


def test_no_secret_is_shown() -> None:
    secrets = [field.name for field in msgspec.structs.fields(Settings) if describe(field.name)["secret"]]
    assert secrets
    for name in secrets:
        settings = msgspec.structs.replace(Settings(), **{name: SECRET})
        page = shown_settings(settings, ())
        assert SECRET not in str(page)
        assert next(one for one in page if one.variable == name.upper()).value == "set"


def test_an_address_is_shown_without_who_signs_in_there() -> None:
    value = shown("OPENROUTER_BASE_URL", {"OPENROUTER_BASE_URL": f"https://me:{SECRET}@proxy.example/api"}).value
    assert value == "https://…@proxy.example/api"


def test_the_stand_in_of_demo_mode_is_no_setting_of_anybody() -> None:
    running = Settings(openrouter_api_key="demo", openrouter_base_url="http://127.0.0.1:1/api", app_title="Mine")
    assert without_standin(running) == Settings(app_title="Mine")
