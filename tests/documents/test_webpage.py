"""The file that stands alone: what was brought in with a picture goes on as our encoder wrote that, or in words."""

import base64
import re
from uuid import uuid4

import httpx
import msgspec

from tests.documents.test_import_routes import sent, settled
from tests.fakes.documents import document, message
from tests.fakes.paintings import HIDDEN, with_words_inside
from webapp.documents.document import DocumentPicture

BROKEN = b"\x89PNG\r\n\x1a\n" + HIDDEN


async def test_a_picture_of_a_file_goes_on_without_what_was_hidden_in_it(client: httpx.AsyncClient) -> None:
    whole = DocumentPicture(id="p1", media_type="image/svg+xml", name="mine.jpg", data=with_words_inside("JPEG").data)
    broken = DocumentPicture(id="p2", media_type="image/png", data=BROKEN)
    answer = message(2, 1, "assistant", "Look.", pictures=(whole, broken))
    made = document(message(1, None, "user", "Hi"), answer, title="With pictures", id=str(uuid4()))
    where = await sent(client, msgspec.json.encode(made))
    await client.post(f"{where}/confirm")
    found = re.search(r'href="(/c/[0-9a-f-]+)">With pictures<', await settled(client, where))
    assert found is not None
    page = (await client.get(f"{found[1]}.html")).text
    [url] = re.findall(r'<img src="([^"]*)"', page)
    head, _, data = url.partition(",")
    assert head == "data:image/jpeg;base64"
    assert HIDDEN not in base64.b64decode(data)
    assert base64.b64encode(HIDDEN)[:-4].decode() not in page
    assert "A picture that cannot be shown." in page
