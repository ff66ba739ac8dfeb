"""Addresses: one form for each, and never one for two."""

from email import message_from_bytes, policy
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Any, Final

import idna
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.accounts.people import HOME, PASSWORD, House
from webapp.accounts.addresses import is_same, read_name, sought, spellings
from webapp.accounts.id_tokens import Claims
from webapp.accounts.identities_store import Identities
from webapp.accounts.recognising import Recognising
from webapp.accounts.signing_in import WrongPasswordError
from webapp.accounts.users import Role
from webapp.config import Settings
from webapp.web.refusals import ConflictError, ForbiddenError, InvalidError, TooManyError

KELVIN, LONG_S, DOTLESS, FULL, HIDDEN = "\u212a", "\u017f", "\u0131", "\uff41", "\u00ad"

# What people type, and what looks like it: letters that some rule or other would make into letters of ASCII.
_ALIKE: Final = f"abkstiABKSTI{KELVIN}{LONG_S}{DOTLESS}{FULL}{HIDDEN}ßẞςσΣüÜéﬁ\u0130\u0308。．.-_@+ "
texts = st.text(st.sampled_from(_ALIKE), max_size=12) | st.text(max_size=12)
labels = st.text(st.sampled_from("abkstißςüéı\u0561\u4e2d\u05d0-"), min_size=1, max_size=8)
addresses = st.builds(lambda local, label: f"{local}@{label}.example", texts, texts | labels) | texts


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (" Alice@Example.ORG ", "alice@example.org"),
        ("a+b@c.d.example", "a+b@c.d.example"),
        ("O'Brien_{x}@r3---sn.example.org", "o'brien_{x}@r3---sn.example.org"),
        ("u@bücher.example", "u@xn--bcher-kva.example"),
        ("u@XN--BCHER-KVA.example", "u@xn--bcher-kva.example"),
        ("x@straße.example", "x@xn--strae-oqa.example"),
        ("x@strasse.example", "x@strasse.example"),
        (f"x@{DOTLESS}stanbul.example", "x@xn--stanbul-qfb.example"),
        ("a" * 64 + "@example.org", "a" * 64 + "@example.org"),
    ],
)
def test_a_name_is_kept_in_one_form(text: str, name: str) -> None:
    assert read_name(text) == name
    assert sought(text)[0] == name
    assert is_same(name, text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", r"name@example\.org"),
        ("local", r"name@example\.org"),
        ("alice", r"name@example\.org"),
        ("@example.org", r"name@example\.org"),
        ("x" * 200 + "@example.org", r"name@example\.org"),
        ("a b@c.org", "no spaces"),
        ("a\x00@b.org", "no spaces"),
        ("a@b.org\r\nBcc: c@d.org", "no spaces"),
        ("a@b.org\n", "no spaces"),
        (f"a@ex{HIDDEN}ample.org", "no spaces"),
        ("a\u202e@b.org", "no spaces"),
        ("x" * 65 + "@example.org", "Before the @"),
        ("=?utf-8?q?a?=@example.org", "Before the @"),
        ("x@evil.example,@example.org", "Before the @"),
        ("a@b@c.org", "Before the @"),
        ('"a"@b.org', "Before the @"),
        ("<a@b.org>", "Before the @"),
        ("a..b@c.org", "Before the @"),
        (".a@c.org", "Before the @"),
        ("ü@example.org", "Before the @"),
        (f"Ki{LONG_S}s@example.org", "Before the @"),
        (f"{KELVIN}iss@example.org", "Before the @"),
        (f"{FULL}@example.org", "Before the @"),
        ("a@b", "Behind the @"),
        ("a@b.", "Behind the @"),
        ("a@.b.org", "Behind the @"),
        ("a@-b.org", "Behind the @"),
        ("a@b_c.org", "Behind the @"),
        ("a@127.0.0.1", "Behind the @"),
        ("a@[127.0.0.1]", "Behind the @"),
        ("a@" + "b" * 64 + ".org", "Behind the @"),
        (f"a@{LONG_S}trasse.example", "Behind the @"),
        (f"a@{KELVIN}iss.example", "Behind the @"),
        (f"a@ex{FULL}mple.org", "Behind the @"),
        ("a@example。org", "Behind the @"),
        ("a@BÜCHER.example", "Behind the @"),
        ("a@bu\u0308cher.example", "Behind the @"),
        ("a@xn--.example", "Behind the @"),
        ("a@xn--abc-.example", "Behind the @"),
        ("a@xn--a.example", "Behind the @"),
        ("a@" + "bücher." * 20 + "org", "200"),
    ],
)
def test_what_is_no_address_is_refused_with_a_reason(text: str, why: str) -> None:
    with pytest.raises(InvalidError, match=why):
        read_name(text)


@settings(deadline=None, derandomize=True, max_examples=500)
@given(addresses)
def test_the_form_of_an_address_is_its_own_form(text: str) -> None:
    name = read(text)
    if name is not None:
        assert read_name(name) == name
        assert name.isascii()
        assert all(read_name(one) == name for one in spellings(name))


@settings(deadline=None, derandomize=True, max_examples=1000)
@given(addresses, addresses)
@example("x@straße.example", "x@strasse.example")
@example("x@bücher.example", "x@xn--bcher-kva.example")
def test_two_addresses_have_one_form_only_where_they_are_one(text: str, other: str) -> None:
    """Held to the rules by another way: capitals of ASCII, and what IDNA makes of a whole domain."""
    if read(text) is not None and read(text) == read(other):
        assert as_by_the_rules(text) == as_by_the_rules(other)


@settings(deadline=None, derandomize=True, max_examples=500)
@given(addresses)
def test_only_what_differs_in_capitals_or_spelling_of_the_domain_becomes_the_form(text: str) -> None:
    name = read(text)
    if name is not None:
        assert name == as_by_the_rules(text)


@settings(deadline=None, derandomize=True, max_examples=500)
@given(addresses | st.from_regex(r"[!-?A-~]{1,70}@[a-z.-]{1,40}", fullmatch=True))
@example("=?utf-8?q?a?=@example.org")
@example("a" * 64 + "@" + "b" * 60 + "." + "c" * 60 + ".example")
def test_a_mail_s_header_shows_exactly_the_address(text: str) -> None:
    name = read(text)
    if name is not None:
        message = EmailMessage()
        message["To"] = Address(addr_spec=name)
        arrived: Any = message_from_bytes(message.as_bytes(), policy=policy.default)["To"]
        assert str(arrived) == name
        assert [one.addr_spec for one in arrived.addresses] == [name]


def read(text: str) -> str | None:
    try:
        return read_name(text)
    except InvalidError:
        return None


def as_by_the_rules(text: str) -> str:
    local, _, domain = text.strip(" ").rpartition("@")
    small = "".join(letter.lower() if letter.isascii() else letter for letter in domain)
    return f"{local.lower()}@{small if small.isascii() else idna.encode(small, strict=True).decode()}"


# Whose account it is


def recognising(house: House, domains: str = "") -> Recognising:
    made = Settings(oidc_name="Provider", oidc_domains=domains)
    return Recognising(made, house.users, Identities(house.database), house.tickets, house.events)


def claims(email: str) -> Claims:
    return Claims("https://provider.example", email, email)


@pytest.mark.parametrize("email", ["x@straße.example", f"x@{LONG_S}trasse.example", f"x@stra{LONG_S}se.example"])
async def test_a_domain_lets_nobody_in_from_one_that_only_folds_to_it(house: House, email: str) -> None:
    with pytest.raises(ForbiddenError):
        await recognising(house, "strasse.example").user_of(claims(email), HOME)
    assert await house.users.all() == []
    assert (await recognising(house, "strasse.example").user_of(claims("X@Strasse.Example"), HOME)).name


async def test_a_domain_lets_in_who_writes_it_in_either_way(house: House) -> None:
    door = recognising(house, "XN--STRAE-OQA.example")
    assert (await door.user_of(claims("x@straße.example"), HOME)).name == "x@xn--strae-oqa.example"
    assert (await door.user_of(claims("y@xn--strae-oqa.example"), HOME)).name == "y@xn--strae-oqa.example"


@pytest.mark.parametrize(
    ("invited", "email"),
    [
        ("kiss@example.org", f"Ki{LONG_S}s@example.org"),
        ("kiss@example.org", f"{KELVIN}iss@example.org"),
        ("strasse@example.org", "straße@example.org"),
        ("kiss@kiss.example", f"kiss@{KELVIN}iss.example"),
    ],
)
async def test_an_invitation_is_taken_by_no_address_that_folds_to_it(house: House, invited: str, email: str) -> None:
    alice = await house.add("alice@example.org", Role.ADMINISTRATOR)
    await house.invitations.make(alice, Role.ADMINISTRATOR, invited, 7, HOME)
    with pytest.raises(ForbiddenError):
        await recognising(house).user_of(claims(email), HOME)
    assert (await recognising(house).user_of(claims(invited.upper()), HOME)).role is Role.ADMINISTRATOR


async def test_an_invitation_is_for_the_domain_in_either_way(house: House) -> None:
    alice = await house.add("alice@example.org", Role.ADMINISTRATOR)
    await house.invitations.make(alice, Role.MEMBER, "bob@bücher.example", 7, HOME)
    bob = await recognising(house).user_of(claims("bob@xn--bcher-kva.example"), HOME)
    assert bob.name == "bob@xn--bcher-kva.example"


# What earlier versions kept


@pytest.mark.parametrize(
    ("kept", "typed"),
    [
        ("strasse@example.org", "Straße@Example.org"),
        ("x@strasse.example", "x@straße.example"),
        ("jörg@example.org", "Jörg@example.org"),
        ("a..b@example.org", "a..b@example.org"),
        ("anna@bücher.example", "Anna@xn--bcher-kva.example"),
        ("anna@bücher.example", "anna@BÜCHER.example"),
    ],
)
async def test_who_has_joined_with_another_spelling_still_signs_in(house: House, kept: str, typed: str) -> None:
    user = await house.add(kept)
    assert await house.signing_in.by_password(typed, PASSWORD, HOME) == user
    with pytest.raises(WrongPasswordError):
        await house.signing_in.by_password(typed, "another password", HOME)


async def test_guesses_in_all_spellings_count_for_one_account(house: House) -> None:
    await house.add("strasse@example.org")
    for name in ("straße", "ſtrasse", "straſse", "strasse", "ﬆrasse"):
        with pytest.raises(WrongPasswordError):
            await house.signing_in.by_password(f"{name}@example.org", "a guess", HOME)
    with pytest.raises(TooManyError):
        await house.signing_in.by_password("ſtraſſe@example.org", "a guess", HOME)


async def test_of_two_whose_addresses_fold_to_one_each_gets_their_own(house: House) -> None:
    one = await house.add("x@strasse.example")
    other = await house.users.add(
        "x@xn--strae-oqa.example", "", Role.MEMBER, password_hash=await house.passwords.hashed("another password")
    )
    assert await house.signing_in.by_password("x@strasse.example", PASSWORD, HOME) == one
    assert await house.signing_in.by_password("x@straße.example", "another password", HOME) == other
    with pytest.raises(WrongPasswordError):
        await house.signing_in.by_password("x@straße.example", PASSWORD, HOME)


async def test_an_address_is_taken_also_where_it_was_kept_in_letters(house: House) -> None:
    kept = await house.users.add("bob@bücher.example", "", Role.MEMBER)
    with pytest.raises(ConflictError):
        await house.users.add(read_name("bob@bücher.example"), "", Role.MEMBER)
    assert await recognising(house).user_of(claims("bob@bücher.example"), HOME) == kept


async def test_a_link_goes_to_no_address_that_only_folds_to_the_account_s(house: House) -> None:
    await house.add("kiss@example.org")
    for typed in (f"{KELVIN}iss@example.org", f"ki{LONG_S}s@example.org"):
        with pytest.raises(InvalidError):
            await house.resetting.by_mail(typed, HOME)
    await house.resetting.by_mail("KISS@example.org", HOME)
    assert [to for to, _, _ in await house.mail.emptied()] == ["kiss@example.org"]
