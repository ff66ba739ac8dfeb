"""What a conversation tells its model: chosen on a page or by a persona, kept, and sent with each call."""

import re
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec

from tests.fakes.upstream import Upstream
from webapp.standin.steps import Say

PERSONA = re.compile(r"/library/personas/([0-9a-f-]{36})\"")


async def ask(client: httpx.AsyncClient, address: str, **form: str) -> str:
    """Sends, and waits for the end of the answer; returns the conversation's address."""
    sent = await client.post(address, data={"message": "Go", **form})
    assert sent.status_code == 303, sent.text
    place = sent.headers["location"].partition("#")[0]
    conversation = place.rpartition("/")[2]
    stream = await client.get(f"/conversations/{conversation}/stream")
    assert '"done":true' in stream.text.replace(" ", "")
    return str(place)


async def calls(upstream: Upstream, name: str) -> list[Any]:
    """What the model was sent, call by call."""
    return [msgspec.json.decode(bytes(one.body or b"null")) for one in await upstream.requests(name)]


async def add_persona(client: httpx.AsyncClient, **form: str) -> UUID:
    name = f"Poet {uuid4()}"
    added = await client.post("/library/personas", data={"name": name, **form})
    assert added.status_code == 303, added.text
    page = (await client.get("/library")).text
    found = PERSONA.findall(page.partition(name)[0])
    return UUID(found[-1])


async def test_what_is_chosen_is_sent_with_each_call(client: httpx.AsyncClient, upstream: Upstream) -> None:
    model = await upstream.script("chosen", Say("Done."))
    place = await ask(client, "/c", model=model)
    saved = await client.post(f"{place}/settings", data={"system_prompt": "Be brief.", "temperature": "0,5"})
    assert (saved.status_code, saved.headers["location"]) == (303, place)
    page = (await client.get(f"{place}/settings")).text
    assert "Be brief." in page
    assert 'name="temperature" value="0.5"' in page
    await ask(client, f"{place}/messages")
    first, second = await calls(upstream, "chosen")
    assert "temperature" not in first
    assert second["temperature"] == 0.5
    assert second["messages"][0] == {"role": "system", "content": "Be brief."}


async def test_what_does_not_fit_is_told_and_nothing_is_kept(client: httpx.AsyncClient, upstream: Upstream) -> None:
    place = await ask(client, "/c", model=await upstream.script("misfit", Say("Done.")))
    refused = await client.post(f"{place}/settings", data={"system_prompt": "Be brief.", "temperature": "9"})
    assert refused.status_code == 422
    assert "Temperature is a number from 0 to 2." in refused.text
    assert "Be brief." in refused.text
    assert "Be brief." not in (await client.get(f"{place}/settings")).text


async def test_a_conversation_starts_from_a_persona(client: httpx.AsyncClient, upstream: Upstream) -> None:
    model = await upstream.script("poet", Say("Done."))
    persona = await add_persona(client, system_prompt="Answer in verse.", temperature="1.5")
    assert f'name="persona" value="{persona}"' in (await client.get(f"/?persona={persona}")).text
    place = await ask(client, "/c", model=model, persona=str(persona))
    (call,) = await calls(upstream, "poet")
    assert call["temperature"] == 1.5
    assert call["messages"][0]["content"] == "Answer in verse."
    await client.post(f"/library/personas/{persona}/delete")
    assert "Answer in verse." in (await client.get(f"{place}/settings")).text


async def test_a_persona_that_is_gone_is_told_and_the_text_kept(client: httpx.AsyncClient) -> None:
    refused = await client.post("/c", data={"message": "My long text", "persona": str(uuid4())})
    assert refused.status_code == 422
    assert "has been deleted" in refused.text
    assert "My long text" in refused.text


async def test_the_default_persona_is_chosen_unless_somebody_says_none(client: httpx.AsyncClient) -> None:
    persona = await add_persona(client, is_default="true")
    assert f'name="persona" value="{persona}"' in (await client.get("/")).text
    assert 'name="persona" value=""' in (await client.get("/?persona=none")).text
    assert 'name="persona" value=""' in (await client.get(f"/?persona={uuid4()}")).text
    await client.post(f"/library/personas/{persona}/delete")
    assert 'name="persona" value=""' in (await client.get("/")).text


async def test_a_prompt_comes_into_the_box_with_its_places_filled(client: httpx.AsyncClient) -> None:
    name = f"Weather {uuid4()}"
    await client.post("/library/prompts", data={"name": name, "text": "How warm is it in {{city}} and {{town}}?"})
    page = (await client.get("/library")).text
    prompt = re.findall(r"/library/prompts/([0-9a-f-]{36})\"", page.partition(name)[0])[-1]
    used = await client.post(f"/library/prompts/{prompt}/use", data={"0": "{{town}} <b>", "1": "Oslo"})
    assert used.status_code == 200
    assert "How warm is it in {{town}} &lt;b&gt; and Oslo?</textarea>" in used.text
