"""Open Chat: a chat UI for language models in the browser."""

from typing import Final

__version__: Final = "0.1.0"
