"""What a conversation tells its model beside the messages: how freely to choose words, how long to go on, and so on."""

import math
from collections.abc import Iterable, Mapping
from typing import Any, Final

from msgspec import Struct

from webapp.web.refusals import InvalidError

Value = float | int | str
Parameters = Mapping[str, Value]


class Parameter(Struct, frozen=True):
    """A parameter as OpenRouter names and bounds it (openrouter.ai/docs/api_reference/parameters).

    `choices` are the words that it takes; without them it is a number from `lowest` to `highest`, whole if `is_whole`.
    `needs` is how a model's list of supported parameters calls it.
    """

    name: str
    label: str
    hint: str
    lowest: float = 0
    highest: float = 0
    is_whole: bool = False
    choices: tuple[str, ...] = ()
    needs: str = ""

    @property
    def supported_as(self) -> str:
        return self.needs or self.name

    def read(self, text: str) -> Value:
        """The value that somebody has typed. Raises InvalidError with what it takes."""
        if self.choices:
            if text not in self.choices:
                raise InvalidError(f"{self.label} is one of {', '.join(self.choices)}.")
            return text
        try:
            number = int(text) if self.is_whole else float(text.replace(",", "."))
        except ValueError:
            number = math.nan
        if not self.lowest <= number <= self.highest:
            kind = "a whole number" if self.is_whole else "a number"
            raise InvalidError(f"{self.label} is {kind} from {self.lowest:,g} to {self.highest:,.10g}.")
        return number


PARAMETERS: Final = (
    Parameter("temperature", "Temperature", "0 is the most likely words, 2 the most surprising ones", 0, 2),
    Parameter("max_tokens", "Longest answer", "in tokens, four letters or so each", 1, 1_000_000, is_whole=True),
    Parameter(
        "reasoning_effort",
        "Reasoning effort",
        "how long a model that can think does so",
        choices=("minimal", "low", "medium", "high"),
        needs="reasoning",
    ),
    Parameter("top_p", "Top P", "only the likeliest words that together have this share", 0, 1),
    Parameter("top_k", "Top K", "only so many of the likeliest words; 0 for all", 0, 1_000, is_whole=True),
    Parameter("min_p", "Min P", "only words at least this likely, beside the likeliest", 0, 1),
    Parameter("frequency_penalty", "Frequency penalty", "against words that came often already", -2, 2),
    Parameter("presence_penalty", "Presence penalty", "against words that came at all", -2, 2),
    Parameter("repetition_penalty", "Repetition penalty", "against saying the same again; 1 is none", 0, 2),
    Parameter("seed", "Seed", "the same number for the same answer, where a model can", 0, 2**31 - 1, is_whole=True),
)
_BY_NAME: Final = {one.name: one for one in PARAMETERS}


def read_parameters(typed: Mapping[str, str]) -> dict[str, Value]:
    """What somebody has typed into the fields of a form, without those that are empty and those that are none.

    Raises InvalidError for the first that does not fit.
    """
    return {one.name: one.read(text) for one in PARAMETERS if (text := typed.get(one.name, "").strip())}


def kept_parameters(kept: Mapping[str, Any]) -> dict[str, Value]:
    """What the database or an import has, without anything that is no parameter of ours or out of its bounds."""
    found: dict[str, Value] = {}
    for name, value in kept.items():
        parameter = _BY_NAME.get(name)
        if parameter is None or isinstance(value, bool) or not isinstance(value, str | int | float):
            continue
        try:
            found[name] = parameter.read(str(value))
        except InvalidError:
            continue
    return found


def labelled(options: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The parameters that a request had, by their labels and for people; without what is none of ours."""
    reasoning = options.get("reasoning")
    effort = reasoning.get("effort") if isinstance(reasoning, Mapping) else None
    kept = kept_parameters({**options, "reasoning_effort": effort})
    return [(one.label, _for_people(kept[one.name])) for one in PARAMETERS if one.name in kept]


def _for_people(value: Value) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def options_for(parameters: Parameters, supported: Iterable[str]) -> dict[str, Any]:
    """The fields of a request for a model that takes `supported`; all of them if it does not say."""
    takes = set(supported)
    options: dict[str, Any] = {}
    for name, value in parameters.items():
        if takes and _BY_NAME[name].supported_as not in takes:
            continue
        if name == "reasoning_effort":
            options["reasoning"] = {"effort": value}
        else:
            options[name] = value
    return options
