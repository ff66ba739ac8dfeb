"""What one node of a ChatGPT export says, by the kind of its content and by whom it is meant for."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from webapp.documents.imports.chatgpt_text import words_of
from webapp.documents.imports.marks import kind_of
from webapp.documents.imports.reading import mapping, objects, text
from webapp.documents.imports.said import Said

# Patterns of a canvas that stand for all of its text.
_WHOLE: Final = (".*", r"[\s\S]*", r"(?s).*", r"(?s)^.*$", r"^[\s\S]*$", r"^.*$", r"[\s\S]+", ".+")
_DEPTH: Final = 6  # of lists and objects in which sources are looked for


class Piece(NamedTuple):
    """What a node says. `is_text` if it is a message by itself, and no step on the way to one."""

    said: Said
    is_text: bool


def piece_of(message: Mapping[str, Any], *, canvas: str, is_after_tool: bool) -> Piece:
    """What a node's message says, whoever wrote it. `canvas` is the title that its tool returned.

    With `is_after_tool` the node before has named the tool of this one already.
    """
    said, author = Said(), mapping(message.get("author"))
    content, details = mapping(message.get("content")), mapping(message.get("metadata"))
    recipient, role = text(message.get("recipient")) or "all", author.get("role")
    if details.get("is_visually_hidden_from_conversation") is True and role != "tool":
        if content.get("content_type") == "model_editable_context":
            add_content(said, content, details)
        elif role in ("user", "assistant") and recipient == "all" and _has_words(content):
            said.missing("Part", "a hidden message")
        return Piece(said, is_text=False)
    if role == "tool":
        _add_result(said, text(author.get("name")), content, details, is_after_tool=is_after_tool)
        return Piece(said, is_text=False)
    if recipient != "all":
        _add_call(said, recipient, content, canvas)
        _add_sources(said, details)
        return Piece(said, is_text=False)
    is_step = content.get("content_type") in ("thoughts", "reasoning_recap", "model_editable_context")
    if role == "user":
        said.text(f"{text(author.get('name'))}:" if text(author.get("name")) else "")
    add_content(said, content, details)
    _add_attachments(said, content, details)
    _add_sources(said, details)
    return Piece(said, is_text=not is_step and said.has_words)


def instructions(messages: Iterator[Mapping[str, Any]]) -> str:
    """The custom instructions that the conversation was held under, each once."""
    found = dict[str, None]()
    for message in messages:
        content = mapping(message.get("content"))
        context = mapping(mapping(message.get("metadata")).get("user_context_message_data"))
        parts = [context.get("about_user_message"), context.get("about_model_message")]
        if content.get("content_type") == "user_editable_context" and not any(parts):
            parts = [content.get("user_profile"), content.get("user_instructions")]
        found.update(dict.fromkeys(words for part in parts if (words := text(part).strip())))
    return "\n\n".join(found)


def _has_words(content: Mapping[str, Any]) -> bool:
    parts = content.get("parts")
    return any(isinstance(part, dict) or text(part).strip() for part in parts) if isinstance(parts, list) else False


def add_content(said: Said, content: Mapping[str, Any], details: Mapping[str, Any]) -> None:
    match content.get("content_type"):
        case "thoughts":
            for one in objects(_value(content.get("thoughts"))):
                said.thought(f"{text(one.get('summary'))}\n{text(one.get('content'))}".strip())
        case "reasoning_recap":
            said.thought(text(content.get("content")))
        case "user_editable_context":
            pass  # the instructions are the conversation's
        case "model_editable_context":
            if text(content.get("model_set_context")).strip():
                said.missing("Part", "memories of ChatGPT")
        case "code":
            said.code(text(content.get("text")), text(content.get("language")).replace("unknown", ""))
        case "execution_output":
            _add_output(said, content, details)
        case "tether_quote":
            said.source(text(content.get("url")), text(content.get("title")))
            said.block(f"Quote: {text(content.get('title')) or text(content.get('url'))}", text(content.get("text")))
        case "system_error":
            said.tool(text(content.get("name")) or "unknown", text(content.get("text")) or "it failed")
        case _:
            _add_parts(said, content, details)


def _add_parts(said: Said, content: Mapping[str, Any], details: Mapping[str, Any]) -> None:
    parts, kind = content.get("parts"), text(content.get("content_type"))
    if not isinstance(parts, list):
        told = text(content.get("text")) or text(content.get("result"))
        if told or kind in ("", "text", "multimodal_text"):
            said.text(words_of(told, details))
        else:
            said.missing("Part", kind.replace("_", " "))
        return
    names = {text(one.get("id")): text(one.get("name")) for one in objects(details.get("attachments"))}
    for part in parts:
        if isinstance(part, dict):
            _add_part(said, part, details, names)
        else:
            said.text(words_of(text(part), details))


def _add_part(said: Said, part: Mapping[str, Any], details: Mapping[str, Any], names: Mapping[str, str]) -> None:
    kind = text(part.get("content_type"))
    if kind == "image_asset_pointer":
        made = mapping(mapping(part.get("metadata")).get("dalle"))
        named = names.get(_file_id(part), "") or text(details.get("image_gen_title")) or text(made.get("prompt"))
        said.missing("Image", named)
    elif kind == "audio_asset_pointer":
        said.missing("Audio")
    elif kind == "real_time_user_audio_video_asset_pointer":
        has_video = part.get("video_container_asset_pointer") or part.get("frames_asset_pointers")
        said.missing("Video" if has_video else "Audio")
    elif "video" in kind:
        said.missing("Video")
    elif text(part.get("text")):
        said.text(words_of(text(part.get("text")), details))
    elif kind != "audio_transcription":
        said.missing("Part", kind.replace("_asset_pointer", "").replace("_", " "))


def _file_id(part: Mapping[str, Any]) -> str:
    return text(part.get("asset_pointer")).rpartition("//")[2]


def _add_attachments(said: Said, content: Mapping[str, Any], details: Mapping[str, Any]) -> None:
    """The files that were sent along, without the pictures that are among the parts."""
    shown = {_file_id(part) for part in objects(content.get("parts"))}
    for one in objects(details.get("attachments")):
        if text(one.get("id")) not in shown or not one.get("id"):
            title, media_type = text(one.get("name")), text(one.get("mime_type")) or text(one.get("mimeType"))
            said.missing(kind_of(title, media_type), title)


def _add_sources(said: Said, details: Mapping[str, Any]) -> None:
    """The pages that the metadata of a message name, wherever in them."""
    kept = mapping(details.get("_cite_metadata")).get("metadata_list")
    for value in (
        details.get("content_references"),
        details.get("citations"),
        kept,
        details.get("search_result_groups"),
    ):
        for one in _objects_in(value, _DEPTH):
            said.source(text(one.get("url")), text(one.get("title")))


def _objects_in(value: Any, depth: int) -> Iterator[Mapping[str, Any]]:
    if depth and isinstance(value, dict):
        yield value
        value = list(value.values())
    if depth and isinstance(value, list):
        for one in value:
            yield from _objects_in(one, depth - 1)


def _add_call(said: Said, recipient: str, content: Mapping[str, Any], canvas: str) -> None:
    """What a tool was told."""
    parts = content.get("parts")
    joined = "\n\n".join(filter(None, map(text, parts))) if isinstance(parts, list) else ""
    told = text(content.get("text")) or joined
    if recipient.startswith("canmore."):
        _add_canvas(said, recipient.removeprefix("canmore."), told, canvas)
    elif recipient in ("python", "python_user_visible"):
        said.block("Code", told, "python")
    elif recipient == "bio":
        said.text(f"[Memory updated: {' '.join(told.split())}]")
    else:
        said.tool(recipient)


def _add_canvas(said: Said, verb: str, told: str, canvas: str) -> None:
    value = _decoded(told)
    title = text(value.get("name")) or canvas or "untitled"
    if isinstance(value.get("content"), str):
        kind, _, language = text(value.get("type")).partition("/")
        said.block(f"Canvas: {title}", value["content"], language if kind == "code" else "")
        return
    changes = list(objects(value.get("updates"))) + list(objects(value.get("comments")))
    for one in changes:
        pattern, new = text(one.get("pattern")), text(one.get("replacement")) or text(one.get("comment"))
        is_whole = not pattern or pattern in _WHOLE
        what = "comment on" if "comment" in one else "new text of" if is_whole else "change to"
        said.block(f"Canvas, {what}: {title}", new if is_whole else f"{pattern}\n→\n{new}")
    if not changes:
        said.block(f"Canvas, {verb.replace('_', ' ')}: {title}", told)


def _add_result(
    said: Said, tool: str, content: Mapping[str, Any], details: Mapping[str, Any], *, is_after_tool: bool
) -> None:
    """What a tool returned: pictures, output, errors and sources; of the rest, that there was something."""
    kind = content.get("content_type")
    if kind in ("execution_output", "system_error", "tether_quote"):
        add_content(said, content, details)
    elif not is_after_tool:
        said.tool(tool)
    parts = [*objects(content.get("parts"))] if kind == "multimodal_text" else [mapping(content.get("screenshot"))]
    for part in parts:
        if text(part.get("content_type")):
            _add_part(said, part, details, {})
    _add_report(said, details)
    said.source(text(content.get("url")), text(content.get("title")))
    _add_sources(said, details)


def _add_report(said: Said, details: Mapping[str, Any]) -> None:
    """The report of a research, which is in what its window has kept."""
    report = mapping(_decoded(mapping(details.get("chatgpt_sdk")).get("widget_state")).get("report_message"))
    if report:
        add_content(said, mapping(report.get("content")), mapping(report.get("metadata")))
        _add_sources(said, mapping(report.get("metadata")))


def _decoded(value: Any) -> Mapping[str, Any]:
    """An object, or one that is JSON within JSON."""
    return mapping(_value(value))


def _value(value: Any) -> Any:
    try:
        return msgspec.json.decode(value) if isinstance(value, str) else value
    except (msgspec.DecodeError, RecursionError):
        return None


def _add_output(said: Said, content: Mapping[str, Any], details: Mapping[str, Any]) -> None:
    if text(content.get("text")).strip():
        said.block("Output", text(content.get("text")))
    for one in objects(mapping(details.get("aggregate_result")).get("messages")):
        if one.get("message_type") == "image":
            said.missing("Image")
