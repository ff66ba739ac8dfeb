"""Styles, scripts and icons: joined, hashed, zipped; and what is said where a file is missing."""

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.fakes.asgi import asking
from webapp.web.assets import HTMX_FILES, MERMAID_FILE, Assets, MissingAssetError, assets_router

ROOT = Path(__file__).parents[2]


@pytest.fixture
def static(tmp_path: Path) -> Path:
    folder = tmp_path / "static"
    write(folder / "css" / "10-first.css", "a { color: red; }")
    write(folder / "css" / "20-second.css", "b { content: '…'; }")
    write(folder / "js" / "one.js", "const name = 1;")
    write(folder / "js" / "two.js", "const name = 2;")
    write(folder / "htmx" / "trust.js", "const name = 3;")
    write(folder / "frames" / "diagram.js", "const frame = 1;")
    write(folder / "icons.svg", "<svg></svg>")
    write(folder / "README.md", "No asset.")
    return folder


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    folder = tmp_path / "packages"
    for name in (*HTMX_FILES, MERMAID_FILE):
        write(folder / name, f"// {name}")
    return folder


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


@pytest.fixture
def assets(static: Path, packages: Path) -> Assets:
    return Assets(static, packages)


@pytest.fixture
async def client(assets: Assets) -> AsyncIterator[httpx.AsyncClient]:
    async with asking(assets_router(assets)) as client:
        yield client


async def test_what_htmx_is_told_comes_with_it(assets: Assets, client: httpx.AsyncClient) -> None:
    script = (await client.get(assets.url("htmx.js"))).text
    assert script.endswith("{\nconst name = 3;\n}\n")
    assert all(f"// {name}" in script for name in HTMX_FILES)


def test_a_name_changes_with_the_content_and_with_nothing_else(static: Path, packages: Path, assets: Assets) -> None:
    names = ("app.css", "app.js", "htmx.js", "icons.svg")
    before = {name: assets.url(name) for name in names}
    assert {name: Assets(static, packages).url(name) for name in names} == before
    write(static / "css" / "20-second.css", "b { content: '!'; }")
    after = {name: Assets(static, packages).url(name) for name in names}
    assert [name for name in names if before[name] != after[name]] == ["app.css"]


def test_styles_are_joined_in_the_order_of_their_names(assets: Assets) -> None:
    asset = assets.find(assets.url("app.css").removeprefix("/assets/"))
    assert asset is not None
    assert asset.body.decode() == "a { color: red; }\nb { content: '…'; }\n"


def test_scripts_keep_their_names_to_themselves(assets: Assets) -> None:
    asset = assets.find(assets.url("app.js").removeprefix("/assets/"))
    assert asset is not None
    assert asset.body.decode() == "{\nconst name = 1;\n}\n{\nconst name = 2;\n}\n"


def test_comments_and_indents_are_left_out(static: Path, packages: Path) -> None:
    write(static / "css" / "30-third.css", "/* What it\n   is. */\n.c {\n  margin: 0; /* why */\n}\n")
    write(
        static / "js" / "zero.js",
        "// What it is.\n\nconst f = () => {\n  // Why.\n  return '// a text'; // which stays\n};\n",
    )
    assets = Assets(static, packages)
    styles, scripts = (assets.find(assets.url(name).removeprefix("/assets/")) for name in ("app.css", "app.js"))
    assert styles is not None
    assert scripts is not None
    assert styles.body.decode().endswith(".c {\nmargin: 0; }\n\n")
    assert scripts.body.decode().endswith("{\nconst f = () => {\nreturn '// a text';\n};\n\n}\n")


@pytest.mark.parametrize("path", sorted((ROOT / "static" / "js").glob("*.js")), ids=lambda path: path.name)
def test_no_text_in_a_script_goes_over_several_lines(path: Path) -> None:
    assert all(line.count("`") % 2 == 0 for line in path.read_text("utf-8").splitlines())


@pytest.mark.parametrize("path", sorted((ROOT / "static").glob("*/*.js")), ids=lambda path: path.name)
def test_no_text_in_a_script_is_taken_for_a_comment(path: Path) -> None:
    heads = [line.partition(" // ")[0] for line in path.read_text("utf-8").splitlines() if " // " in line]
    assert all(head.count(quote) % 2 == 0 for head in heads for quote in "\"`'")


def test_a_link_to_an_asset_that_there_is_not_is_an_error(assets: Assets) -> None:
    with pytest.raises(KeyError):
        assets.url("none.css")


@pytest.mark.parametrize("name", [*HTMX_FILES, MERMAID_FILE])
def test_what_is_not_installed_is_one_line_that_says_what_to_do(static: Path, packages: Path, name: str) -> None:
    (packages / name).unlink()
    with pytest.raises(MissingAssetError) as missing:
        Assets(static, packages)
    line = str(missing.value)
    assert name in line
    assert "npm ci" in line
    assert "\n" not in line


async def test_an_asset_is_served_for_ever_under_its_hashed_name(client: httpx.AsyncClient, assets: Assets) -> None:
    answer = await client.get(assets.url("icons.svg"))
    assert (answer.status_code, answer.text) == (200, "<svg></svg>")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"


@pytest.mark.parametrize(
    ("name", "kind"), [("app.css", "text/css; charset=utf-8"), ("app.js", "text/javascript; charset=utf-8")]
)
async def test_it_is_zipped_for_who_can_read_that(
    client: httpx.AsyncClient, assets: Assets, name: str, kind: str
) -> None:
    zipped = await client.get(assets.url(name), headers={"accept-encoding": "br, gzip"})
    plain = await client.get(assets.url(name), headers={"accept-encoding": "identity"})
    assert zipped.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    for answer in (zipped, plain):
        assert answer.headers["content-type"] == kind
        assert answer.headers["vary"] == "accept-encoding"
    assert zipped.content == plain.content


def test_what_is_zipped_is_the_same_at_every_start(static: Path, packages: Path, assets: Assets) -> None:
    name = assets.url("app.css").removeprefix("/assets/")
    first, second = assets.find(name), Assets(static, packages).find(name)
    assert first == second
    assert first is not None
    assert gzip.decompress(first.gzipped) == first.body
    assert first.gzipped[4:8] == bytes(4)  # the place of a time


@pytest.mark.parametrize("name", ["app.css", "app-000000000000.css", "README.md", "..%2Ficons.svg", "%00"])
async def test_another_name_is_not_there(client: httpx.AsyncClient, name: str) -> None:
    assert (await client.get(f"/assets/{name}")).status_code == 404


async def test_mermaid_is_read_when_somebody_asks(client: httpx.AsyncClient, assets: Assets, packages: Path) -> None:
    write(packages / MERMAID_FILE, "// written after the start")
    assert (await client.get(assets.mermaid_url())).text == "// written after the start"


async def test_what_a_frame_without_an_origin_loads_is_for_all_origins(
    client: httpx.AsyncClient, assets: Assets
) -> None:
    policies = {
        url: (await client.get(url)).headers.get("cross-origin-resource-policy")
        for url in (assets.mermaid_url(), assets.url("diagram.js"), assets.url("app.js"))
    }
    assert list(policies.values()) == ["cross-origin", "cross-origin", None]


async def test_an_asset_is_asked_after_without_being_sent(client: httpx.AsyncClient, assets: Assets) -> None:
    answer = await client.head(assets.url("app.css"))
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "public, max-age=31536000, immutable")
    assert (await client.head("/assets/app-000000000000.css")).status_code == 404
