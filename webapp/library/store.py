"""Prompts and personas. Every method takes the owner first and finds nothing that belongs to another."""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from msgspec.structs import astuple
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from webapp.accounts.storage_store import UNLIMITED, Quota
from webapp.db.engine import Database
from webapp.db.tables import Persona as PersonaRow
from webapp.db.tables import Prompt as PromptRow
from webapp.db.types import new_id
from webapp.library.parameters import Parameters, kept_parameters
from webapp.library.prompts import Persona, Prompt
from webapp.web.refusals import ConflictError, NotFoundError

MOST: Final = 200  # prompts, and personas, of one owner

_NO_PROMPT: Final = "There is no such prompt. It may have been deleted."
_NO_PERSONA: Final = "There is no such persona. It may have been deleted."


class Library:
    def __init__(self, database: Database, quota: Quota = UNLIMITED) -> None:
        """What is added or changed is held to the owner's `quota`: NoRoomError."""
        self._database = database
        self._quota = quota

    async def prompts(self, owner: UUID) -> list[Prompt]:
        """The owner's prompts, by name."""
        async with self._database.read() as session:
            rows = await session.scalars(
                select(PromptRow).where(PromptRow.owner_id == owner).order_by(func.lower(PromptRow.name), PromptRow.id)
            )
            return [Prompt(row.id, row.name, row.text) for row in rows]

    async def prompt(self, owner: UUID, prompt_id: UUID) -> Prompt:
        async with self._database.read() as session:
            row = await session.scalar(select(PromptRow).where(PromptRow.id == prompt_id, PromptRow.owner_id == owner))
            if row is None:
                raise NotFoundError(_NO_PROMPT)
            return Prompt(row.id, row.name, row.text)

    async def add_prompt(self, owner: UUID, name: str, text: str) -> Prompt:
        async with self._database.write(owner) as session:
            await _check_room(session, PromptRow, owner)
            row = PromptRow(id=new_id(), owner_id=owner, name=name, text=text, created_at=datetime.now(UTC))
            session.add(row)
            await self._quota.check(session, owner)
            return Prompt(row.id, name, text)

    async def change_prompt(self, owner: UUID, prompt: Prompt) -> None:
        async with self._database.write(owner) as session:
            query = update(PromptRow).where(PromptRow.id == prompt.id, PromptRow.owner_id == owner)
            changed = await session.execute(query.values(name=prompt.name, text=prompt.text).returning(PromptRow.id))
            if changed.first() is None:
                raise NotFoundError(_NO_PROMPT)
            await self._quota.check(session, owner)

    async def delete_prompt(self, owner: UUID, prompt_id: UUID) -> None:
        async with self._database.write(owner) as session:
            query = delete(PromptRow).where(PromptRow.id == prompt_id, PromptRow.owner_id == owner)
            if (await session.execute(query.returning(PromptRow.id))).first() is None:
                raise NotFoundError(_NO_PROMPT)

    async def personas(self, owner: UUID) -> list[Persona]:
        """The owner's personas, by name."""
        async with self._database.read() as session:
            rows = await session.scalars(
                select(PersonaRow)
                .where(PersonaRow.owner_id == owner)
                .order_by(func.lower(PersonaRow.name), PersonaRow.id)
            )
            return [_persona(row) for row in rows]

    async def persona(self, owner: UUID, persona_id: UUID) -> Persona:
        async with self._database.read() as session:
            query = select(PersonaRow).where(PersonaRow.id == persona_id, PersonaRow.owner_id == owner)
            row = await session.scalar(query)
            if row is None:
                raise NotFoundError(_NO_PERSONA)
            return _persona(row)

    async def default_persona(self, owner: UUID) -> Persona | None:
        """What the owner's conversations start from unless another is chosen."""
        async with self._database.read() as session:
            query = select(PersonaRow).where(PersonaRow.owner_id == owner, PersonaRow.is_default.is_(True)).limit(1)
            row = await session.scalar(query)
            return None if row is None else _persona(row)

    async def save_persona(self, owner: UUID, persona: Persona, *, is_new: bool) -> None:
        """Adds or changes a persona. One that becomes the default takes the place of the one that was."""
        async with self._database.write(owner) as session:
            if persona.is_default:
                await session.execute(update(PersonaRow).where(PersonaRow.owner_id == owner).values(is_default=False))
            if is_new:
                await _check_room(session, PersonaRow, owner)
                row = PersonaRow(id=persona.id, owner_id=owner, name="", created_at=datetime.now(UTC))
                session.add(row)
            else:
                query = select(PersonaRow).where(PersonaRow.id == persona.id, PersonaRow.owner_id == owner)
                found = await session.scalar(query)
                if found is None:
                    raise NotFoundError(_NO_PERSONA)
                row = found
            _, row.name, row.system_prompt, row.model, parameters, row.is_default = astuple(persona)
            row.parameters = dict(parameters)
            await self._quota.check(session, owner)

    async def delete_persona(self, owner: UUID, persona_id: UUID) -> None:
        """Conversations that began from it stay as they are."""
        async with self._database.write(owner) as session:
            query = delete(PersonaRow).where(PersonaRow.id == persona_id, PersonaRow.owner_id == owner)
            if (await session.execute(query.returning(PersonaRow.id))).first() is None:
                raise NotFoundError(_NO_PERSONA)


async def _check_room(session: AsyncSession, table: type[PromptRow] | type[PersonaRow], owner: UUID) -> None:
    count = await session.scalar(select(func.count()).select_from(table).where(table.owner_id == owner))
    if count is not None and count >= MOST:
        raise ConflictError(f"There are {MOST} already, as many as there can be. Delete one first.")


def _persona(row: PersonaRow) -> Persona:
    parameters: Parameters = kept_parameters(row.parameters)
    return Persona(row.id, row.name, row.system_prompt, row.model, parameters, row.is_default)
