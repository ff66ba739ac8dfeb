"""What a message of Open WebUI's export says: its text, and what stands beside it."""

from collections.abc import Mapping
from typing import Any

from webapp.documents.imports.marks import kind_of
from webapp.documents.imports.openwebui_text import add_output, add_words
from webapp.documents.imports.reading import mapping, objects, text
from webapp.documents.imports.said import Said
from webapp.rendering.addresses import is_web_address


def said_of(message: Mapping[str, Any]) -> Said:
    said, is_answer = Said(), message.get("role") == "assistant"
    content = message.get("content")
    said.thought(text(message.get("reasoning_content")))
    for one in objects(content):
        _add_part(said, one, is_answer=is_answer)
    _add_text(said, text(content), is_answer=is_answer)
    if not said.content:
        for one in objects(message.get("output")):
            _add_output_item(said, one)
    shown = said.content
    for one in objects(message.get("code_executions")):
        _add_execution(said, one, shown)
    merged = text(mapping(message.get("merged")).get("content"))
    if merged.strip():
        said.text("Merged answer:")
        add_words(said, merged)
    for one in objects(message.get("files")):
        _add_file(said, one)
    for _ in objects(message.get("embeds")):
        said.missing("Part", "an embedded page")
    for one in objects(message.get("sources") or message.get("citations")):
        _add_source(said, one)
    for status in objects(message.get("statusHistory")):
        for page in objects(status.get("items")):
            said.source(text(page.get("link")), text(page.get("title")))
    return said


def _add_text(said: Said, words: str, *, is_answer: bool) -> None:
    if is_answer:
        add_words(said, words)
    else:
        said.text(words)


def _add_part(said: Said, part: Mapping[str, Any], *, is_answer: bool) -> None:
    """A part of a question, as the API of models has them."""
    kind = text(part.get("type"))
    if kind in ("text", "input_text", "output_text"):
        _add_text(said, text(part.get("text")), is_answer=is_answer)
    elif kind == "image_url":
        said.picture(text(mapping(part.get("image_url")).get("url")) or text(part.get("image_url")))
    else:
        said.missing("Part", kind.replace("_", " "))


def _add_output_item(said: Said, item: Mapping[str, Any]) -> None:
    """An item of an answer that is kept as the API of responses has it."""
    kind = text(item.get("type"))
    told = "\n\n".join(text(one.get("text")) for one in [*objects(item.get("summary")), *objects(item.get("content"))])
    if kind == "reasoning":
        said.thought(told)
    elif kind == "message":
        add_words(said, told)
    elif kind.endswith(("code_interpreter_call", "code_interpreter")):
        said.block("Code", text(item.get("code")), "python")
        add_output(said, item.get("output"))
    elif kind.endswith("_call"):
        said.tool(text(item.get("name")) or kind.removesuffix("_call"))
    elif not kind.endswith("_output"):
        said.missing("Part", kind.replace("_", " "))


def _add_execution(said: Said, one: Mapping[str, Any], shown: str) -> None:
    code, result = text(one.get("code")), mapping(one.get("result"))
    if code and code not in shown:
        said.block(f"Code: {text(one.get('name'))}" if one.get("name") else "Code", code, text(one.get("language")))
    told = "\n".join(filter(None, (text(result.get("output")), text(result.get("error")))))
    if told.strip() and told not in shown:
        said.block("Output", told)
    for file in objects(result.get("files")):
        said.missing(kind_of(text(file.get("name"))), text(file.get("name")))


def _add_file(said: Said, one: Mapping[str, Any]) -> None:
    """A file that was sent along: a picture that is in the export, its text where there is one, or else its name."""
    inner = mapping(one.get("file"))
    title = text(one.get("name")) or text(inner.get("filename")) or text(mapping(inner.get("meta")).get("name"))
    body = text(mapping(inner.get("data")).get("content")) or text(mapping(one.get("data")).get("content"))
    kind, media_type = text(one.get("type")), text(one.get("content_type")) or text(inner.get("content_type"))
    url = text(one.get("url"))
    if kind == "image" or media_type.startswith("image/"):
        said.picture(url, title)
    elif body:
        said.block(f"File: {title or 'untitled'}", body)
    elif is_web_address(url):
        said.source(url, title)
    else:
        said.missing(kind_of(title, media_type), title)


def _add_source(said: Said, one: Mapping[str, Any]) -> None:
    """A page that is cited: its address is with the documents in it, or is the name; a file is named."""
    source, found = mapping(one.get("source")), dict[str, str]()
    for each in objects(one.get("metadata")):
        url = next(
            (text(each.get(key)) for key in ("source", "url", "link") if is_web_address(text(each.get(key)))), ""
        )
        found.setdefault(url, text(each.get("title")) or text(each.get("name")))
    found.pop("", None)
    title = text(source.get("title")) or text(source.get("name"))
    urls = source.get("urls")
    others = [source.get("url"), source.get("name"), *(urls if isinstance(urls, list) else [])]
    for url in (text(each) for each in others if is_web_address(text(each))):
        found.setdefault(url, title if len(found) == 0 else "")
    for url, label in found.items():
        said.source(url, "" if is_web_address(label) else label)
    if not found:
        said.missing("File", title)
