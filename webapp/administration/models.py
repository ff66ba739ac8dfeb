"""Looking for models, by those who allow them."""

from collections.abc import Sequence

from webapp.administration.pages import FoundModel
from webapp.catalog.allowed import AllowedModels
from webapp.catalog.models import Model


def found_models(models: Sequence[Model], find: str, allowed: AllowedModels) -> tuple[FoundModel, ...]:
    """Models whose name or id holds all words of `find`, and before them all of each maker whose name does."""
    words = find.casefold().split()
    found = [model for model in models if _holds(f"{model.name} {model.id}", words)]
    makers = {
        model.id.partition("/")[0]: model.maker
        for model in found
        if "/" in model.id and _holds(f"{model.maker} {model.id.partition('/')[0]}", words)
    }
    entries = {f"{maker}/*": f"All of {name}" for maker, name in sorted(makers.items())}
    chosen = allowed.entries or frozenset()
    return (
        *(FoundModel(entry, name, "", entry in chosen) for entry, name in entries.items()),
        *(
            FoundModel(model.id, model.name, model.price, not allowed.are_all and allowed.covers(model.id))
            for model in sorted(found, key=lambda model: model.name.casefold())
        ),
    )


def _holds(text: str, words: Sequence[str]) -> bool:
    text = text.casefold()
    return all(word in text for word in words)
