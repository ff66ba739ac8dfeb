"""Titles and names can't turn the writing: what is read is what stands there, wherever they come from."""

import re
from typing import Final

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.documents.test_import_routes import sent, settled
from tests.fakes import exports
from tests.fakes.documents import document, message
from tests.fakes.upstream import Upstream
from webapp.catalog.models import read_model
from webapp.conversations.messages import title_from
from webapp.documents.imports.marks import line
from webapp.documents.imports.soundness import sound
from webapp.rendering.safety import unturned
from webapp.standin.steps import Cite, Say

TURNS: Final = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
TURNED: Final = f"photo {TURNS}gnp.exe"
TEXTS = st.text(st.sampled_from(TURNS + "ab \n\u05d0\u0627\u200d\u200e\u200f\U0001f469"), max_size=12)


@given(TEXTS)
def test_only_what_turns_the_writing_is_taken_out(text: str) -> None:
    assert unturned(text) == "".join(one for one in text if one not in TURNS)


@given(TEXTS)
def test_no_title_or_name_turns_the_writing(text: str) -> None:
    model = read_model({"id": "a/b", "name": f"n{text}"})
    assert model is not None
    made = sound(document(message(1, None, "user", "Hi"), title=text))
    assert not set(TURNS) & set("".join((title_from(text), line(text), model.name, made.title)))


async def test_titles_of_questions_renames_and_files_are_read_as_they_stand(
    client: httpx.AsyncClient, upstream: Upstream
) -> None:
    model = await upstream.script("cites", Say("Yes."), Cite("https://example.org/", TURNED))
    place = (await client.post("/c", data={"message": TURNED, "model": model})).headers["location"]
    pages = [(await client.get(place)).text]
    await client.post(f"{place}/title", data={"title": f"Renamed {TURNED}"})
    pages.append((await client.get(place)).text)
    assert "Renamed photo gnp.exe" in pages[1]
    for value in ([exports.claude() | {"name": TURNED}], [exports.chatgpt(title=TURNED)]):
        where = await sent(client, value)
        await client.post(f"{where}/confirm")
        pages.append(await settled(client, where))
    for page in pages:
        titles = re.findall(r"<title>(.*?)</title>|sidebar__title[^>]*>(.*?)<|<li>(?:<a[^>]*>)?(.*?)<", page, re.DOTALL)
        assert titles
        assert not set(TURNS) & set("".join("".join(one) for one in titles))


@pytest.mark.parametrize("path", ["/account/name", "/library/prompts", "/account/tokens"])
async def test_other_names_refuse_what_is_not_seen(client: httpx.AsyncClient, path: str) -> None:
    form = {"full_name": TURNED, "name": TURNED, "text": "Text", "read": "true", "days": "7"}
    answer = await client.post(path, data=form)
    assert answer.status_code in (404, 422)
