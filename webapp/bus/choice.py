"""Which bus an installation has."""

from webapp.bus.bus import Bus, NoBus
from webapp.config import Settings
from webapp.db.address import PostgresServer, address_of


def open_bus(settings: Settings) -> Bus:
    """Redis where REDIS_URL is set, else the Postgres database; none on SQLite, where one process is alone.

    Raises SettingError for an address that cannot be used. Connects later, while the bus runs.
    """
    address = address_of(settings)
    if not isinstance(address, PostgresServer):
        return NoBus()
    if settings.redis_url:
        from webapp.bus.redis import RedisBus  # some ten megabytes, where it is used alone

        return RedisBus(settings.redis_url)
    from webapp.bus.postgres import PostgresBus

    return PostgresBus(address)
