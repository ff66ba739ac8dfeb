"""Rows for every table, with what is awkward about them: what a database that has lived holds."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Connection, MetaData, Table, delete, inspect

from webapp.db.tables import Base
from webapp.db.types import new_id

NOW = datetime(2026, 11, 1, 23, 59, 59, 999999, tzinfo=UTC)
AWKWARD = "NUL \x00, DLE \x10 and \x100, 😀, e\u0301, \u2028, tab\t, \r\n, a \\ and a ' and a \" and %s :x $1"
LONG = "All work and no play. 😀\n" * 45_000  # more than a megabyte

Values = dict[str, Any]


def household() -> dict[str, list[Values]]:
    """Rows by table, in an order in which they can be added; every column of each table has a value somewhere."""
    alice, conversation, question, answer, later, sent, item, tag = (new_id() for _ in range(8))
    first = UUID(int=1)  # a message before its parent, by its key
    rest = {"conversation_id": conversation, "owner_id": alice, "created_at": NOW}
    return {
        "users": [
            {
                "id": alice,
                "name": "ünïcode \x00",
                "full_name": AWKWARD[:200],
                "role": "administrator",
                "password_hash": "$argon2id$v=19$m=1,t=1,p=1$x$y",
                "identity": "https://issuer.example \x00",
                "soft_limit": Decimal("0.5"),
                "hard_limit": Decimal("1.000000000001"),
                "openrouter_key": bytes(range(256)),
                "created_at": NOW,
                "signed_in_at": NOW,
                "disabled_at": NOW,
            }
        ],
        "sessions": [
            {
                "id": new_id(),
                "user_id": alice,
                "token_hash": bytes(range(32)),
                "method": "password",
                "browser": AWKWARD[:300],
                "created_at": NOW,
                "last_seen_at": NOW,
                "expires_at": NOW + timedelta(days=30_000),
                "confirmed_at": NOW,
            }
        ],
        "api_tokens": [
            {"id": new_id(), "user_id": alice, "name": "", "token_hash": b"\x00" * 32, "created_at": NOW},
            {
                "id": new_id(),
                "user_id": alice,
                "name": "script",
                "scopes": "read write",
                "token_hash": b"\xff" * 32,
                "created_at": NOW,
                "last_used_at": NOW,
                "expires_at": NOW,
            },
        ],
        "prompts": [{"id": new_id(), "owner_id": alice, "name": "p", "text": AWKWARD, "created_at": NOW}],
        "personas": [
            {
                "id": new_id(),
                "owner_id": alice,
                "name": AWKWARD[:200],
                "system_prompt": AWKWARD,
                "model": "m" * 300,
                "parameters": {"temperature": 0.1},
                "is_default": True,
                "created_at": NOW,
            }
        ],
        "passkeys": [
            {
                "id": new_id(),
                "user_id": alice,
                "name": "telephone",
                "credential_id": bytes(range(64)),
                "public_key": b"\x00\x01",
                "sign_count": 2**33,
                "transports": ["internal"],
                "created_at": NOW,
                "last_used_at": NOW,
            }
        ],
        "tickets": [
            {
                "id": new_id(),
                "purpose": "invitation",
                "token_hash": b"\x01" * 32,
                "user_id": alice,
                "data": {"email": None, "deep": ["\x00"]},
                "made_by": AWKWARD[:200],
                "created_at": NOW,
                "expires_at": NOW,
            }
        ],
        "attempts": [{"subject": b"\x02" * 32, "count": 2**40, "began_at": NOW, "expires_at": NOW}],
        "security_events": [
            {
                "id": new_id(),
                "kind": "signed_in",
                "actor": "a",
                "subject": "b",
                "detail": AWKWARD[:500],
                "address": "::1",
                "created_at": NOW,
            }
        ],
        "options": [{"name": "allowed_models", "value": ["a/b", None, {"\x00": 1.5}], "updated_at": NOW}],
        "spending": [
            {
                "id": new_id(),
                "user_id": alice,
                "day": "2026-11-01",
                "model": "m" * 300,
                "answers": 2**40,
                "prompt_tokens": 1,
                "completion_tokens": 2,
                "cost": Decimal("1234567.890123456789"),
                "own_cost": Decimal("0.000000000001"),
            }
        ],
        "open_bills": [
            {
                "id": new_id(),
                "user_id": alice,
                "message_id": answer,
                "generation_id": "g",
                "day": "2026-11-01",
                "model": "m",
                "estimate": Decimal("0.000000000001"),
                "held": Decimal("1234567.890123456789"),
                "has_tokens": True,
                "by_own_key": True,
                "tries": 1,
                "due_at": NOW,
            }
        ],
        "reservations": [
            {
                "id": new_id(),
                "message_id": answer,
                "run": 2**40,
                "user_id": alice,
                "model": "m" * 300,
                "amount": Decimal("1234567.890123456789"),
                "generation_id": "g",
                "running_cost": Decimal("0.000000000001"),
                "expires_at": NOW,
            }
        ],
        "conversations": [
            {
                "id": conversation,
                "owner_id": alice,
                "title": AWKWARD[:200],
                "title_is_given": True,
                "model": "some/model",
                "system_prompt": "Be brief.",
                "parameters": {"temperature": 0.1, "stop": ["\x00", "é"], "deep": {"none": None}},
                "active_leaf_id": answer,
                "pinned": True,
                "archived": False,
                "created_at": NOW,
                "updated_at": NOW,
                "read_at": NOW,
                "origins": ["chatgpt:\x00é"],
            },
            {
                "id": new_id(),
                "owner_id": alice,
                "title": "Deleted",
                "title_is_given": False,
                "model": "",
                "system_prompt": "",
                "parameters": {},
                "pinned": False,
                "archived": True,
                "created_at": NOW,
                "updated_at": NOW,
                "deleted_at": NOW,
            },
        ],
        "tags": [{"id": tag, "owner_id": alice, "name": AWKWARD[:60], "folded": "\x00", "created_at": NOW}],
        "taggings": [{"id": new_id(), "tag_id": tag, "conversation_id": conversation}],
        "messages": [
            message(question, "user", AWKWARD, **rest, client_id="c" * 64),
            message(
                answer,
                "assistant",
                LONG,
                **rest,
                parent_id=question,
                reasoning=AWKWARD,
                reasoning_html="<p>Hm</p>",
                reasoning_ms=1,
                citations=[{"url": "https://example.org/?q=%00&r='\"é", "title": AWKWARD}],
                html="<p>All</p>",
                renderer_version=7,
                status="interrupted",
                stop_requested=True,
                finish_reason="length",
                error_code="timeout",
                error_message="Silence.",
                model="m" * 300,
                provider="p",
                generation_id="g",
                prompt_tokens=2**31,
                completion_tokens=2**40,
                reasoning_tokens=0,
                cached_tokens=1,
                cost=Decimal("1234567.890123456789"),
                running_cost=Decimal("0.000000000001"),
                by_own_key=True,
                first_token_ms=1,
                duration_ms=2,
                sent={
                    "model": "m",
                    "options": {"stop": ["\x00", "é"]},
                    "system_prompt": AWKWARD,
                    "at": NOW.isoformat(),
                    "digest": "d",
                },
                origin=AWKWARD[:200],
                finished_at=NOW,
                heartbeat_at=NOW,
                run=3,
                edited_at=NOW,
                copied_from=first,
                feedback="down",
                feedback_note=AWKWARD,
            ),
            message(later, "user", "", **rest, parent_id=answer, cost=Decimal("0.000000000001")),
            message(first, "assistant", "", **rest, parent_id=later, cost=Decimal(0), deleted_at=NOW),
        ],
        "attachments": [
            {
                "id": new_id(),
                "message_id": answer,
                "name": "a.png",
                "media_type": "image/png",
                "size": 300_000,
                "width": 1,
                "height": None,
                "data": bytes(range(256)) * 1_200,
                "created_at": NOW,
            }
        ],
        "shares": [
            {
                "id": new_id(),
                "owner_id": alice,
                "conversation_id": conversation,
                "leaf_id": answer,
                "token": "t" * 27,
                "with_later": True,
                "is_live": False,
                "created_at": NOW,
            }
        ],
        "uploads": [{"user_id": alice, "claim": new_id(), "heartbeat_at": NOW}],
        "imports": [
            {
                "id": sent,
                "user_id": alice,
                "name": AWKWARD[:200],
                "state": "importing",
                "problem": "",
                "created_at": NOW,
                "expires_at": NOW + timedelta(days=1),
                "heartbeat_at": NOW,
            }
        ],
        "import_items": [
            {
                "id": item,
                "import_id": sent,
                "place": 2**40,
                "state": "waiting",
                "title": AWKWARD[:200],
                "remark": AWKWARD,
                "format": "openchat",
                "source_id": "\x00",
                "conversation_id": conversation,
                "messages": 3,
                "document": bytes(range(256)),
            }
        ],
        "import_pieces": [
            {
                "id": new_id(),
                "item_id": item,
                "number": 2**40,
                "owner_id": alice,
                "kind": "picture",
                "data": bytes(range(256)),
            }
        ],
        "models": [
            {
                "id": key,
                "canonical_slug": "",
                "name": name,
                "description": AWKWARD,
                "context_length": 10**12,
                "prompt_price": Decimal("0.00000015"),
                "completion_price": None,
                "longest_answer": 2**40,
                "request_price": Decimal("0.02"),
                "highest_prompt_price": Decimal("0.0000003"),
                "highest_completion_price": Decimal("0.000000000001"),
                "input_modalities": ["text"],
                "output_modalities": [],
                "supported_parameters": [],
                "position": place,
                "fetched_at": NOW,
            }
            for place, (key, name) in enumerate([("b/B", "B"), ("B/b", "b"), ("a-b/c", "-"), ("ab/c", "é")])
        ],
    }


def message(key: UUID, role: str, content: str, **values: Any) -> Values:
    usual = {"reasoning": "", "citations": [], "status": "complete", "stop_requested": False}
    words = dict.fromkeys(("finish_reason", "error_code", "error_message", "model", "provider", "generation_id"), "")
    return {"id": key, "role": role, "content": content, **usual, **words, **values}


def move_in(connection: Connection) -> dict[str, list[Values]]:
    """Adds the rows as code of the database's own version does, with the columns that there are; returns them."""
    rows = {}
    for name, given in household().items():
        if not inspect(connection).has_table(name):
            continue
        there = {column["name"] for column in inspect(connection).get_columns(name)}
        rows[name] = [{key: value for key, value in row.items() if key in there} for row in given]
    add(connection, rows)
    return rows


def add(connection: Connection, rows: dict[str, list[Values]]) -> None:
    """Adds rows with the columns that they have, and no word of any other."""
    for name, given in rows.items():
        types = {column.name: column.type for column in Base.metadata.tables[name].columns}
        for row in given:
            table = Table(name, MetaData(), *(Column(key, types[key]) for key in row))
            connection.execute(table.insert().values(row))


def move_out(connection: Connection) -> None:
    for table in reversed(Base.metadata.sorted_tables):
        connection.execute(delete(table))


def left_of(connection: Connection, rows: dict[str, list[Values]]) -> dict[str, list[Values]]:
    """The same rows as the database has them now, as far as they were given."""
    found: dict[str, list[Values]] = {}
    for name, given in rows.items():
        table = Base.metadata.tables[name]
        for row in given:
            is_it = (column == row[column.name] for column in table.primary_key)
            kept = connection.execute(table.select().where(*is_it)).mappings().one()
            found.setdefault(name, []).append({key: kept[key] for key in row})
    return found
