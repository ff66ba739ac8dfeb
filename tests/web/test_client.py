"""Who asks, behind proxies that tell the truth and clients that do not."""

import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from litestar import Request, get

from tests.fakes.asgi import asking
from webapp.web.client import Client, Clients, client_address, network_of

PROXY = "10.0.0.9"


@pytest.mark.parametrize(
    ("forwarded", "hops", "address"),
    [
        ("", 0, PROXY),
        ("192.0.2.1", 0, PROXY),
        ("192.0.2.1", 1, "192.0.2.1"),
        ("6.6.6.6, 192.0.2.1", 1, "192.0.2.1"),
        ("6.6.6.6, 192.0.2.1, 10.0.0.7", 2, "192.0.2.1"),
        ("192.0.2.1", 2, PROXY),  # it came past one of the proxies
        ("", 1, PROXY),
        ("unknown", 1, PROXY),
        ("192.0.2.1:4711", 1, "192.0.2.1"),
        ('"[2001:db8::1]:4711"', 1, "2001:db8::1"),
        ("2001:db8::1", 1, "2001:db8::1"),
        ("::ffff:192.0.2.1", 1, "192.0.2.1"),
        ("fe80::1%eth0", 1, "fe80::1"),
    ],
)
def test_the_address_is_the_one_that_our_outermost_proxy_was_asked_from(
    forwarded: str, hops: int, address: str
) -> None:
    assert str(client_address(PROXY, forwarded.split(","), hops)[0]) == address


@settings(deadline=None, derandomize=True)
@given(forged=st.lists(st.text(max_size=40)), hops=st.integers(1, 4))
def test_nothing_that_a_client_sends_changes_it(forged: list[str], hops: int) -> None:
    own = ["192.0.2.1", *["10.0.0.1"] * (hops - 1)]
    entries = ",".join([*forged, *own]).split(",")
    assert str(client_address(PROXY, entries, hops)[0]) == "192.0.2.1"


@settings(deadline=None, derandomize=True)
@given(peer=st.text(max_size=40), forwarded=st.lists(st.text(max_size=40)), hops=st.integers(0, 4))
def test_nonsense_is_no_address_and_no_error(peer: str, forwarded: list[str], hops: int) -> None:
    client_address(peer, forwarded, hops)


def test_a_subscriber_s_addresses_of_ipv6_are_one() -> None:
    one, other = (ipaddress.ip_address(f"2001:db8:0:1::{last}") for last in ("1", "ffff"))
    assert network_of(one) == network_of(other) == "2001:db8:0:1::/64"
    assert network_of(ipaddress.ip_address("192.0.2.1")) == "192.0.2.1"


async def ask(hops: int, **headers: str) -> Client:
    seen: list[Client] = []

    @get("/")
    async def tell(request: Request) -> None:  # type: ignore[type-arg]  # as a handler has it
        seen.append(await Clients(hops).of(request))

    async with asking(tell) as client:
        await client.get("/", headers={name.replace("_", "-"): value for name, value in headers.items()})
    return seen[0]


async def test_an_address_that_may_be_a_proxy_s_is_everybody_s() -> None:
    assert (await ask(0)).is_shared  # from this machine
    assert (await ask(0, x_forwarded_for="8.8.8.8")).is_shared
    assert not (await ask(1, x_forwarded_for="8.8.8.8")).is_shared
    assert not (await ask(1, x_forwarded_for="192.168.0.8")).is_shared  # somebody in the house, as our proxy says


async def test_a_browser_s_name_for_itself_is_cut() -> None:
    assert len((await ask(0, user_agent="x" * 5_000)).browser) == 300
