"""All files of other programs that there are here."""

from typing import Final

from tests.fakes.foreign import (
    aistudio,
    bigagi,
    chatbotui,
    chatbox,
    chatui,
    cherrystudio,
    copilot,
    deepseek,
    gemini,
    grok,
    jan,
    lmstudio,
    lobechat,
    mistral,
    msty,
    nextchat,
    openai,
    perplexity,
    poe,
    sharegpt,
    sillytavern,
    t3chat,
    typingmind,
)
from tests.fakes.foreign.sample import Sample

_MODULES: Final = (
    aistudio, bigagi, chatbotui, chatbox, chatui, cherrystudio, copilot, deepseek, gemini, grok, jan, lmstudio,
    lobechat, mistral, msty, nextchat, openai, perplexity, poe, sharegpt, sillytavern, t3chat, typingmind,
)  # fmt: skip

SAMPLES: Final[tuple[Sample, ...]] = tuple(one for module in _MODULES for one in module.SAMPLES)
