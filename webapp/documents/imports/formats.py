"""Which program a conversation comes from, told by what it has, and the reader for it.

To add a format: a module with `is_it` and `read`, and a row in FORMATS. Where a file is not simply one conversation an
object or a list of them, `split` or `gathers` say how it is cut. docs/formats.md and the tests of the law come with it.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

from webapp.documents.document import Document
from webapp.documents.imports.chatgpt import is_chatgpt, read_chatgpt
from webapp.documents.imports.claude import is_claude, read_claude
from webapp.documents.imports.librechat import is_librechat, read_librechat
from webapp.documents.imports.openchat import is_openchat, read_openchat
from webapp.documents.imports.openwebui import is_openwebui, read_openwebui
from webapp.documents.imports.readers.aistudio import is_aistudio, read_aistudio
from webapp.documents.imports.readers.bigagi import is_bigagi, read_bigagi, split_bigagi
from webapp.documents.imports.readers.chatbotui import is_chatbotui, read_chatbotui, split_chatbotui
from webapp.documents.imports.readers.chatbox import is_chatbox, read_chatbox, split_chatbox
from webapp.documents.imports.readers.chatui import is_chatui, read_chatui
from webapp.documents.imports.readers.cherrystudio import is_cherrystudio, read_cherrystudio, split_cherrystudio
from webapp.documents.imports.readers.copilot import is_copilot, read_copilot
from webapp.documents.imports.readers.deepseek import is_deepseek, read_deepseek, split_deepseek
from webapp.documents.imports.readers.gemini import (
    is_gemini,
    is_gemini_chat,
    read_gemini,
    read_gemini_chat,
    split_gemini,
)
from webapp.documents.imports.readers.grok import is_grok, read_grok, split_grok
from webapp.documents.imports.readers.jan import is_jan, read_jan, split_jan
from webapp.documents.imports.readers.lmstudio import is_lmstudio, read_lmstudio
from webapp.documents.imports.readers.lobechat import is_lobechat, read_lobechat, split_lobechat
from webapp.documents.imports.readers.mistral import is_mistral, read_mistral, split_mistral
from webapp.documents.imports.readers.msty import is_msty, read_msty, split_msty
from webapp.documents.imports.readers.nextchat import is_nextchat, read_nextchat, split_nextchat
from webapp.documents.imports.readers.openai import is_bare, is_openai, read_openai, split_bare, split_openai
from webapp.documents.imports.readers.perplexity import is_perplexity, read_perplexity
from webapp.documents.imports.readers.poe import is_poe, read_poe
from webapp.documents.imports.readers.sharegpt import is_sharegpt, read_sharegpt
from webapp.documents.imports.readers.sillytavern import is_sillytavern, read_sillytavern, split_sillytavern
from webapp.documents.imports.readers.t3chat import is_t3chat, read_t3chat, split_t3chat
from webapp.documents.imports.readers.typingmind import is_typingmind, read_typingmind, split_typingmind


def _itself(value: Any) -> Iterable[Any]:
    return (value,)


class Format(NamedTuple):
    """How one program writes conversations.

    A file is cut into records: the elements of the list that it is, or the values that stand in it one after the other,
    as in JSONL. Most have one conversation in each.

    - `key` goes into the ids of what is imported, and never changes. `name` is the program's, for people.
    - `is_it` tells a record of this format by its keys and their types (see reading.accepts), so that no other
      program's is taken for it. It gets any JSON value, and never raises.
    - `split` makes of a record the values of its conversations, for one that holds several: lists within an object, or
      tables of chats and of messages. It raises nothing but ConversationError.
    - With `gathers`, a conversation is several records: all of a file from the first one that `is_it` are given to
      `split` as one list. A record of another format ends it.
    - `read` makes a document of what `split` gave, or raises ConversationError, and nothing else.
    """

    key: str
    name: str
    is_it: Callable[[Any], bool]
    read: Callable[[Any], Document]
    split: Callable[[Any], Iterable[Any]] = _itself
    gathers: bool = False


# The first one that knows a record reads it.
FORMATS: Final = (
    Format("openchat", "Open Chat", is_openchat, read_openchat),
    Format("chatgpt", "ChatGPT", is_chatgpt, read_chatgpt),
    Format("claude", "Claude", is_claude, read_claude),
    Format("openwebui", "Open WebUI", is_openwebui, read_openwebui),
    Format("librechat", "LibreChat", is_librechat, read_librechat),
    Format("deepseek", "DeepSeek", is_deepseek, read_deepseek, split_deepseek),
    Format("grok", "Grok", is_grok, read_grok, split_grok),
    Format("gemini", "Gemini", is_gemini, read_gemini, split_gemini, gathers=True),
    Format("gemini", "Gemini", is_gemini_chat, read_gemini_chat),
    Format("aistudio", "Google AI Studio", is_aistudio, read_aistudio),
    Format("mistral", "Mistral Le Chat", is_mistral, read_mistral, split_mistral, gathers=True),
    Format("perplexity", "Perplexity", is_perplexity, read_perplexity),
    Format("copilot", "GitHub Copilot", is_copilot, read_copilot),
    Format("poe", "Poe", is_poe, read_poe),
    Format("t3chat", "T3 Chat", is_t3chat, read_t3chat, split_t3chat),
    Format("typingmind", "TypingMind", is_typingmind, read_typingmind, split_typingmind),
    Format("chatui", "Hugging Face chat-ui", is_chatui, read_chatui),
    Format("lobechat", "LobeChat", is_lobechat, read_lobechat, split_lobechat),
    Format("nextchat", "NextChat", is_nextchat, read_nextchat, split_nextchat),
    Format("chatbox", "Chatbox", is_chatbox, read_chatbox, split_chatbox),
    Format("cherrystudio", "Cherry Studio", is_cherrystudio, read_cherrystudio, split_cherrystudio),
    Format("chatbotui", "chatbot-ui", is_chatbotui, read_chatbotui, split_chatbotui),
    Format("bigagi", "big-AGI", is_bigagi, read_bigagi, split_bigagi),
    Format("lmstudio", "LM Studio", is_lmstudio, read_lmstudio),
    Format("msty", "Msty", is_msty, read_msty, split_msty),
    Format("jan", "Jan", is_jan, read_jan, split_jan, gathers=True),
    Format("sillytavern", "SillyTavern", is_sillytavern, read_sillytavern, split_sillytavern, gathers=True),
    Format("sharegpt", "ShareGPT", is_sharegpt, read_sharegpt),
    Format("openai", "OpenAI messages", is_openai, read_openai, split_openai),
    Format("openai", "OpenAI messages", is_bare, read_openai, split_bare, gathers=True),
)

_NAMES: Final = list(dict.fromkeys(one.name for one in FORMATS))
KNOWN: Final = f"{', '.join(_NAMES[:-1])} and {_NAMES[-1]}"


def format_of(value: Any) -> Format | None:
    """The format of a record; None if no program that is known writes such."""
    return next((one for one in FORMATS if one.is_it(value)), None)
