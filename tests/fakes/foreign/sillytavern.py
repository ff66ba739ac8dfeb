"""SillyTavern: JSON Lines, a head and then a message a line, with what was swiped away beside it."""

from typing import Any

from tests.fakes.foreign.sample import Sample, answer, chat, lines, user


def _head(**more: Any) -> dict[str, Any]:
    return {"user_name": "Ann", "character_name": "Bee", "create_date": "2026-01-05@10h00m00s", **more}


def _said(name: str, text: str, *, is_user: bool = False, **more: Any) -> dict[str, Any]:
    made = {"name": name, "is_user": is_user, "is_system": False, "mes": text, "extra": {}}
    return made | {"send_date": "January 5, 2026 10:00am"} | more


_SWIPES: dict[str, Any] = {
    "swipes": ["No.", "No, {{user}}: 7 × 13."],
    "swipe_id": 1,
    "swipe_info": [
        {"send_date": "January 5, 2026 10:01am", "extra": {"model": "gpt-5", "reasoning": "Hm."}},
        {"send_date": "January 5, 2026 10:02am", "extra": {"model": "claude-4", "reasoning": "Try."}},
    ],
}
_TOOLS = [{"id": "1", "name": "look_up", "parameters": "{}", "result": "ok"}]
_CHAT = [
    _head(chat_metadata={"note_prompt": "", "integrity": "x"}),
    _said("Bee", "Hello {{user}}, I am <BOT>: `{{user}}`."),
    _said("Ann", "Is 91 prime?", is_user=True, extra={"file": {"name": "a.txt", "url": "/x", "size": 1}}),
    _said("Bee", "No, {{user}}: 7 × 13.", extra={"model": "claude-4", "reasoning": "Try."}, **_SWIPES),
    _said("SillyTavern System", "Tool calls: look_up", is_system=True, extra={"tool_invocations": _TOOLS}),
    _said("Ann", "Draw", is_user=True, send_date="2026-01-05 @10h 05m 07s 123ms"),
    _said("Bee", "", extra={"image": "/user/images/Bee/fox.png", "title": "a fox"}, send_date=1767607600000),
    _said("Note", "Behind the scenes", is_system=True),
    {"name": "Bee", "is_user": False, "mes": None, "swipes": None},
]
_GROUP = [
    {"chat_metadata": {}, "user_name": "unused", "character_name": "unused"},
    _said("Bee", "Hi {{user}}."),
    _said("Ann", "Hello both.", is_user=True),
    _said("Cat", "Purr.", extra={"media": [{"url": "/user/images/Cat/m.mp4", "type": "video", "title": ""}]}),
]

SAMPLES: tuple[Sample, ...] = (
    lines(
        "sillytavern",
        "swipes, macros, thoughts, tools, a file and a picture",
        _CHAT,
        chat(
            "Bee",
            answer("Hello Ann, I am Bee: `{{user}}`."),
            user("Is 91 prime?", "a.txt", when="2026-01-05T10:00:00+00:00"),
            answer("No, Ann: 7 × 13.", thoughts="Try.", model="claude-4", when="2026-01-05T10:02:00+00:00"),
            answer("", "[Tool used: look_up]"),
            user("Draw", when="2026-01-05T10:05:07.123000+00:00"),
            answer("", "Image not imported: a fox", when="2026-01-05T10:06:40+00:00"),
            answer("Behind the scenes"),
            beside=(answer("No.", thoughts="Hm.", model="gpt-5", when="2026-01-05T10:01:00+00:00"),),
        ),
    ),
    lines(
        "sillytavern",
        "a group of characters",
        _GROUP,
        chat(
            "Bee and Cat",
            answer("", "Bee", "Hi Ann."),
            user("Hello both."),
            answer("", "Cat", "Purr.", "Video not imported: m.mp4"),
        ),
    ),
)
