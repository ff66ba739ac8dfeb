"""An installation whose operator wants nothing shared."""

import httpx
import pytest

from tests.fakes.app_server import AppServer
from tests.fakes.seed import seed


@pytest.fixture(scope="module")
def server_environ() -> dict[str, str]:
    return {"SHARING": "off"}


async def test_there_is_no_way_to_share(client: httpx.AsyncClient, server: AppServer) -> None:
    made = seed(server.database, ["Hi", "Hello."])
    assert (await client.post(f"/c/{made.id}/shares", data={"live": "yes"})).status_code == 404
    assert (await client.get("/shares")).status_code == 404
    assert (await client.get(f"/s/{'x' * 27}")).status_code == 404
    assert "hare" not in (await client.get(f"/c/{made.id}")).text.partition("<main")[2]
