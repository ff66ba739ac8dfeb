"""Mails, to a server on a real socket."""

import pytest

from tests.fakes.smtp import MailServer
from webapp.config import Settings
from webapp.services.mail import Mail, read_server


def mail_by(server: MailServer, who: str = "") -> Mail:
    url = f"smtp://{who}127.0.0.1:{server.port}"
    return Mail(Settings(smtp_url=url, mail_from="chat@example.org", app_title='My "chat", a'))


async def test_a_mail_arrives_as_it_was_meant() -> None:
    async with MailServer().running() as server:
        await mail_by(server).send("anna@example.org", "A new password", "Grüße.\n.\nhttps://chat.example.org/x?y=z\n")
        letter = await server.letter()
    assert letter["To"] == "anna@example.org"
    assert letter["From"].addresses[0].addr_spec == "chat@example.org"
    assert letter["From"].addresses[0].display_name == 'My "chat", a'
    assert letter["Subject"] == "A new password"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Message-ID"].endswith("@example.org>")
    assert "Grüße." in letter.get_content()
    assert "https://chat.example.org/x?y=z" in letter.get_content()


async def test_the_server_s_password_is_given_where_it_wants_one() -> None:
    async with MailServer("p@ss/word").running() as server:
        await mail_by(server, "chat:p%40ss%2Fword@").send("anna@example.org", "Hello", "Text.")
        assert (await server.letter())["Subject"] == "Hello"


async def test_what_goes_wrong_is_a_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async with MailServer(refuses=True).running() as server:
        await mail_by(server).send("anna@example.org", "Hello", "Text.")
    gone = mail_by(server)
    await gone.send("anna@example.org", "Hello", "Text.")
    assert [record.message.startswith("A mail could not be sent by 127.0.0.1") for record in caplog.records] == [
        True
    ] * 2
    assert "anna" not in caplog.text


async def test_a_mail_under_way_arrives_when_the_process_goes_down() -> None:
    async with MailServer().running() as server:
        mail = mail_by(server)
        async with mail.running():
            mail.later(mail.send("anna@example.org", "Hello", "Text."))
        assert not server.is_empty


async def test_a_failure_before_the_mail_is_for_the_log_alone(caplog: pytest.LogCaptureFixture) -> None:
    async def fail() -> None:
        raise ConnectionError("away")

    mail = Mail(Settings())
    async with mail.running():
        mail.later(fail())
    assert "What was to lead to a mail has failed" in caplog.text


@pytest.mark.parametrize(
    "address",
    [
        "anna@example.org\r\nBcc: eve@example.org",
        "=?utf-8?q?eve?=@example.org",
        "eve@evil.example,@example.org",
        "jörg@example.org",
        "anna@bücher.example",
        "an..na@example.org",
    ],
)
async def test_what_would_not_stand_in_the_header_as_it_is_gets_no_mail(
    address: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with MailServer().running() as server:
        await mail_by(server).send(address, "Hello", "Text.")
        await mail_by(server).send("o'brien+a%b!c@example.org", "Hello", "Text.")
        assert (await server.letter())["To"] == "o'brien+a%b!c@example.org"
        assert server.is_empty
    assert "would not stand in its header" in caplog.text
    assert "ample" not in caplog.text


async def test_without_a_server_nothing_is_sent() -> None:
    mail = Mail(Settings())
    assert not mail.is_set
    await mail.send("anna@example.org", "Hello", "Text.")


@pytest.mark.parametrize(
    ("url", "port", "use_tls", "start_tls"),
    [
        ("smtp://mail.example.org", 587, False, None),
        ("smtp://user:secret@mail.example.org:2525", 2525, False, True),
        ("smtp://user:secret@localhost:25", 25, False, None),
        ("smtps://user:secret@mail.example.org", 465, True, False),
    ],
)
def test_a_password_is_given_away_on_an_encrypted_connection_only(
    url: str, port: int, use_tls: bool, start_tls: bool | None
) -> None:
    server = read_server(url)
    assert (server.port, server.use_tls, server.start_tls) == (port, use_tls, start_tls)
