"""What the templates of the library are given."""

from collections.abc import Mapping
from uuid import UUID

from msgspec import Struct

from webapp.catalog.models import Model
from webapp.library.parameters import PARAMETERS, Parameter
from webapp.library.prompts import Persona, Prompt


class LibraryPage(Struct, frozen=True):
    title: str
    prompts: tuple[Prompt, ...]
    personas: tuple[Persona, ...]


class PromptPage(Struct, frozen=True):
    """A prompt in a form; `id` is None for a new one."""

    title: str
    id: UUID | None = None
    name: str = ""
    text: str = ""
    error: str = ""


class UsePage(Struct, frozen=True):
    """The places of a prompt, to be filled. `text` is what has places."""

    title: str
    id: UUID
    text: str
    variables: tuple[str, ...]


class Field(Struct, frozen=True):
    """A parameter in a form. `is_supported` is None where it is not known what the model takes."""

    parameter: Parameter
    value: str
    is_supported: bool | None = None


class Choices(Struct, frozen=True):
    """What a persona and a conversation have in common, as a form has it. A conversation `needs_model`."""

    system_prompt: str = ""
    model: str = ""
    models: tuple[Model, ...] = ()
    fields: tuple[Field, ...] = ()
    needs_model: bool = False


class PersonaPage(Struct, frozen=True):
    """A persona in a form; `id` is None for a new one."""

    title: str
    choices: Choices
    id: UUID | None = None
    name: str = ""
    is_default: bool = False
    error: str = ""


def make_choices(
    models: tuple[Model, ...],
    model: str,
    system_prompt: str,
    typed: Mapping[str, object],
    taken: Model | None,
    *,
    needs_model: bool = False,
) -> Choices:
    """`typed` has parameters as they are kept, or as somebody has just typed them; `taken` is the model, if known."""
    supported = taken.supported_parameters if taken else ()
    fields = tuple(
        Field(one, str(typed.get(one.name, "")), one.supported_as in supported if supported else None)
        for one in PARAMETERS
    )
    return Choices(system_prompt, model, models, fields, needs_model)
