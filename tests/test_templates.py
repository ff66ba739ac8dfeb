"""Every template in each of its states: nothing is missing, the HTML is sound, and what people wrote stays text."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

import pytest
from jinja2 import Environment, meta
from markupsafe import Markup as Safe
from msgspec import Struct
from msgspec.structs import replace

from tests.administration import states as administration
from tests.fakes.documents import message as document_message
from tests.fakes.markup import Markup
from webapp.accounts.events_store import Event
from webapp.accounts.freshness import Asked, OwnWays, pack
from webapp.accounts.history_section import HistorySection
from webapp.accounts.kept import Kept
from webapp.accounts.notices import Notice
from webapp.accounts.pages import (
    AccountPage,
    AskForMailPage,
    ConfirmedPage,
    ConfirmPage,
    GoOnPage,
    JoinPage,
    KeyPage,
    LeavingPage,
    MailedPage,
    NewPasswordPage,
    NoticesPage,
    PasskeyPage,
    PasskeysPage,
    SetUpPage,
    SignInPage,
)
from webapp.accounts.passkeys_store import Passkey
from webapp.accounts.sections import (
    Lifetime,
    ListedPasskey,
    ListedSession,
    ListedToken,
    PasswordSection,
    ProfileSection,
    Section,
    SessionsSection,
    TokensSection,
    WaysSection,
)
from webapp.accounts.storage import Used
from webapp.accounts.storage_section import StorageSection, StoredKind, storage_section
from webapp.accounts.usage_pages import MonthLink, UsagePage, UsageRow
from webapp.accounts.ways_in import Ways
from webapp.app import ROOT
from webapp.catalog.models import Model
from webapp.conversations.listing import Listed, Moved, Tag, View
from webapp.conversations.messages import Conversation, Feedback, KeptPicture, Message, Receipt, Sent, Source, Status
from webapp.conversations.overview import drawing_of
from webapp.conversations.pages import (
    ChatPage,
    ClearingPage,
    ConversationList,
    DeletedMessages,
    Editing,
    FinishedTurn,
    Latest,
    ListPage,
    MoreTurns,
    News,
    NewsOfTurns,
    NewTurns,
    OlderPage,
    OrganisePage,
    RenamedPage,
    TitlePage,
    Turn,
    Undo,
    make_composer,
)
from webapp.conversations.presenter import LiveHead, WaitPart
from webapp.conversations.sending import Line, Retold
from webapp.conversations.sending_routes import RequestPage
from webapp.conversations.settings_routes import SettingsPage
from webapp.conversations.tree import Node, Tree
from webapp.conversations.tree_presenter import Branch, EditedTurn, OverviewPage, RetryPage
from webapp.conversations.waiting import Stage, Wait
from webapp.db.types import new_id
from webapp.documents.document import DocumentPicture
from webapp.documents.imports.store import Import, Tally
from webapp.documents.imports.store import Listed as ImportedItem
from webapp.documents.pages import ExportPage, ImportForm, ImportPage
from webapp.documents.shares.pages import SharedPage, SharedTurn, ShareList
from webapp.documents.shares.store import Share
from webapp.documents.webpage import SavedHead, SavedTurn
from webapp.library.pages import LibraryPage, PersonaPage, PromptPage, UsePage, make_choices
from webapp.library.prompts import Persona, Prompt
from webapp.operations.checks import Finding, Level, Reported
from webapp.operations.status import Fact, StatusPage
from webapp.search.searching import Found, SearchPage
from webapp.search.snippets import Piece
from webapp.temporary.pages import EndedTurn, TemporaryPage
from webapp.temporary.pages import NewTurns as NewTemporaryTurns
from webapp.web.assets import Assets
from webapp.web.diagrams import DiagramFrame
from webapp.web.errors import ErrorPage
from webapp.web.templating import Templates

NOW: Final = datetime(2026, 11, 1, tzinfo=UTC)
EVIL: Final = """"'><script>alert(1)</script><img src=x onerror="alert(1)">{{ 7 * 7 }}</textarea></title>"""

MODELS: Final = (
    Model("maker/one", "Maker: One", prompt_price=Decimal("0.000003"), completion_price=Decimal("0.000015")),
    Model("maker/two", "Maker: Two"),
    Model("other/free", "Other: Free", prompt_price=Decimal(0), completion_price=Decimal(0)),
)
FULL_RECEIPT: Final = Receipt(
    model="maker/one", provider="Provider", completion_tokens=12_345, cost=Decimal("0.0042"), finish_reason="stop"
)
SENT: Final = Sent("maker/one", {"temperature": 0.5, "reasoning": {"effort": "low"}}, "Be brief.", NOW, "digest")
SOURCES: Final = (Source("https://www.example.org/a?b=c&d", "A page"), Source("https://example.org/untitled", ""))
PICTURES: Final = (KeptPicture(new_id()), KeptPicture(new_id(), 640, 480), KeptPicture(new_id(), is_shown=False))
CONVERSATION: Final = Conversation(new_id(), "A title", "maker/one", "", new_id(), NOW, NOW)


def message(role: str = "assistant", status: Status = Status.COMPLETE, **fields: object) -> Message:
    made = Message(new_id(), CONVERSATION.id, new_id(), None, "assistant", "Text.", status, NOW)
    return replace(made, role=role, **fields)


def turn(made: Message, **fields: object) -> Turn:
    shown = Turn(made, f"m-{made.id}", Safe("<p>Text.</p>"), "One", reasoning=made.reasoning, sources=made.sources)
    return replace(shown, **fields)


WAITS: Final = {
    "waiting": Wait(Stage.WAITING, 3, 0, None, 0, model_name="One"),
    "waiting long": Wait(Stage.WAITING, 12, 0, None, 0),
    "trying again": Wait(Stage.WAITING, 5, 0, None, 0, notice="Busy. Trying again in 5 s."),
    "thinking": Wait(Stage.THINKING, 15, 12, None, 0),
    "writing": Wait(Stage.WRITING, 65, 0, 12_000, 1_249),
    "writing the first words": Wait(Stage.WRITING, 2, 0, None, 3),
}
QUESTION: Final = turn(message("user"))
VERSIONS: Final = (new_id(), new_id(), new_id())
TURNS: Final[dict[str, Turn]] = {
    "question": QUESTION,
    "complete": turn(message(receipt=FULL_RECEIPT)),
    "complete with everything": turn(
        message(
            receipt=FULL_RECEIPT,
            sent=SENT,
            reasoning="Hm.",
            sources=SOURCES,
            pictures=PICTURES,
        )
    ),
    "without parameters": turn(message(sent=replace(SENT, options={}, system_prompt=""))),
    "cut at the limit": turn(message(receipt=Receipt(finish_reason="length"))),
    "cut by a filter": turn(message(receipt=Receipt(finish_reason="content_filter"))),
    "stopped": turn(message(status=Status.STOPPED)),
    "stopped before the first word": turn(message(status=Status.STOPPED, content=""), body=Safe()),
    "interrupted": turn(message(status=Status.INTERRUPTED)),
    "interrupted by an error": turn(
        message(status=Status.INTERRUPTED, error_code="cut", error_message="It broke off.")
    ),
    "failed": turn(message(status=Status.FAILED, content="", error_message="No credit."), body=Safe(), model_name=""),
    "own key refused": turn(message(status=Status.FAILED, content="", error_code="own_key", error_message="No key.")),
    "at the month's limit": turn(message(status=Status.STOPPED, error_code="budget", error_message="All is spent.")),
    "failed without a word": turn(message(status=Status.FAILED, content=""), body=Safe()),
    "growing from nothing": turn(
        message(status=Status.STREAMING, content=""), body=Safe(), cursor="0-0", wait=WAITS["waiting"]
    ),
    "growing": turn(
        message(status=Status.STREAMING, reasoning="Hm."), tail=Safe("<p>Op</p>"), cursor="5-3", wait=WAITS["writing"]
    ),
    "thinking": turn(
        message(status=Status.STREAMING, reasoning="Hm."), body=Safe(), cursor="0-3", wait=WAITS["thinking"]
    ),
    "thought": turn(message(reasoning="Hm.", receipt=Receipt(reasoning_ms=64_200))),
    "one of three": turn(message(id=VERSIONS[1], parent_id=new_id(), versions=VERSIONS)),
    "the first of three": turn(message(id=VERSIONS[0], parent_id=new_id(), versions=VERSIONS)),
    "the last question of three": turn(message("user", id=VERSIONS[2], versions=VERSIONS, edited_at=NOW)),
    "good": turn(message(feedback=Feedback.UP)),
    "bad, with a note": turn(message(feedback=Feedback.DOWN, feedback_note="Wrong.")),
    "edited": turn(message(edited_at=NOW, copied_from=new_id())),
    "being edited": turn(message(), editing=Editing("Text.", 1)),
    "question being edited": turn(message("user"), editing=Editing("Text.", 0, "It has been edited.", new_id())),
    "elsewhere": turn(message(versions=VERSIONS), is_hidden=True),
}

LISTED: Final = Listed(CONVERSATION.id, "A title", "maker/one", True, False, NOW)
TAG: Final = Tag(new_id(), "A tag")
LIST: Final = ConversationList(
    (LISTED, Listed(new_id(), "Another", "maker/one", False, False, NOW, tags=(TAG,))), None, NOW, CONVERSATION.id
)
LISTS: Final[dict[str, ConversationList]] = {
    "": LIST,
    "empty list": ConversationList((), None, NOW),
    "something grows, something is new": replace(
        LIST,
        conversations=tuple(
            replace(LISTED, id=new_id(), pinned=False, updated_at=NOW - timedelta(days=days), **state)
            for days, state in ((0, {"is_live": True}), (1, {"is_unread": True}), (9, {}), (40, {}), (400, {}))
        ),
    ),
    "below others": replace(LIST, conversations=LIST.conversations[1:], above=NOW),
    "longer list": replace(LIST, older_url=f"/c?before={CONVERSATION.id}"),
}
COMPOSER: Final = make_composer(MODELS, "maker/one", CONVERSATION.id)
NEW_COMPOSER: Final = make_composer(MODELS, "maker/one", None)
COMPOSERS: Final = {
    "": COMPOSER,
    "an answer grows": replace(COMPOSER, live_answer=new_id()),
    "refused": replace(COMPOSER, text="What I wrote", error="The message is too long."),
    "a limit is passed": replace(COMPOSER, note="$5.00 are spent."),
    "deleted": replace(COMPOSER, undo=DeletedMessages(new_id(), 3)),
    "no models": make_composer((), "maker/unlisted", CONVERSATION.id),
    "no model chosen": make_composer(MODELS, "", CONVERSATION.id),
}


def status_line(level: Level, remedy: str = "") -> Reported:
    return Reported("database", "Database", True, Finding(level, "It is as it is.", remedy))


STATUS_PAGE: Final = StatusPage(
    "Status",
    (status_line(Level.GOOD),),
    (Fact("Version", "1.0"), Fact("Memory", "80 MB")),
    "https://chat.example.org/status/probe",
    False,
    NOW,
)

ASKED: Final = Asked("make an API token", "/account", "", "/account/tokens", (("name", "Script"), ("read", "true")))
EVIL_ASKED: Final = Asked(EVIL, EVIL, EVIL, "/account/tokens", ((EVIL, EVIL),))
EVERY_WAY: Final = Ways(passkeys=True, provider="Provider")
PASSKEYS: Final = PasskeysPage(
    "Passkeys",
    (Passkey(new_id(), "Laptop", NOW, NOW), Passkey(new_id(), "Phone", NOW, None)),
    EVERY_WAY,
)
USAGE_PAGE: Final = UsagePage(
    "Usage in November 2026",
    "$1.20",
    "$0.20 of it was paid by your own OpenRouter key.",
    "You may spend $5.00 a month.",
    "$0.31 more is reserved for answers that are under way.",
    (UsageRow("1 Nov", 3, 12_345, Decimal("1.2"), 100),),
    (UsageRow("maker/one", 3, 12_345, Decimal("1.2"), 100),),
    (MonthLink("October 2026", "/usage?month=2026-10"),),
)

CHAT: Final = ChatPage("A title", LIST, COMPOSER, False, CONVERSATION, (QUESTION, TURNS["complete"]))
NEW_CHAT: Final = ChatPage("New conversation", LIST, NEW_COMPOSER, False)
REQUEST: Final = RequestPage(
    "What was sent", TURNS["complete"].message, Retold(SENT, (Line("system", "Be brief."), Line("user", "\nHello")))
)
PROMPT: Final = Prompt(new_id(), "Weather", "How warm is it in {{city}}?")
PERSONA: Final = Persona(new_id(), "Poet", "Answer in verse.", "maker/one", {"temperature": 1.5}, is_default=True)
CHOICES: Final = make_choices(MODELS, "maker/gone", "Be brief.", {"temperature": 0.5, "reasoning_effort": "low"}, None)
NARROW_CHOICES: Final = make_choices(
    MODELS, "maker/narrow", "", {}, Model("maker/narrow", "Narrow", supported_parameters=("temperature",))
)

CHATS: Final[dict[str, ChatPage]] = {
    "whole": replace(CHAT, turns=tuple(TURNS.values())),
    "new": NEW_CHAT,
    "new, refused": replace(NEW_CHAT, composer=replace(NEW_COMPOSER, text="What I wrote", error="No.")),
    "demo": replace(CHAT, is_demo=True),
    "earlier": replace(CHAT, earlier_url=f"/c/{CONVERSATION.id}?before={new_id()}"),
    "between": replace(
        CHAT,
        earlier_url=f"/c/{CONVERSATION.id}?before={new_id()}",
        later_url=f"/c/{CONVERSATION.id}?after={new_id()}",
        newest_url=f"/c/{CONVERSATION.id}",
    ),
    "with the month": replace(CHAT, spent="$1.20 of $5.00 this month"),
    "without messages": replace(CHAT, turns=()),
    "branched": replace(CHAT, is_branched=True),
    "from a persona": replace(
        CHAT,
        conversation=None,
        turns=(),
        personas=(PERSONA,),
        composer=replace(COMPOSER, starts_conversation=True, persona=str(PERSONA.id)),
    ),
    "elsewhere": replace(CHAT, turns=(TURNS["elsewhere"],), hidden=VERSIONS[1]),
    **{name: replace(CHAT, turns=(one,)) for name, one in TURNS.items()},
    **{name: replace(CHAT, composer=composer) for name, composer in COMPOSERS.items()},
    **{name: replace(CHAT, list=one) for name, one in LISTS.items()},
}

STORED: Final = storage_section(Used({"conversations": 1_200_000_000, "pictures": 3_000}, 2_000_000_000, 900))
SECTIONS: Final[tuple[Section, ...]] = (
    ProfileSection("a@example.org", "Anna", True),
    PasswordSection("a@example.org", True, ("Backup script",)),
    SessionsSection(
        tuple(
            [ListedSession(new_id(), "Firefox on Linux", "by password", "today", "today", one) for one in (True, False)]
        )
    ),
    TokensSection(
        tuple([ListedToken(new_id(), "Script", "read", "today", "never", "1 Nov 2026", one) for one in (True, False)]),
        lifetimes=(Lifetime(30, "30 days"), Lifetime(0, "until it is revoked")),
    ),
    WaysSection((ListedPasskey("Phone", "2 days ago"), ListedPasskey("Key", "just now")), "Provider", True),
    STORED,
    HistorySection("a@example.org", (Event(new_id(), "token_made", "a@example.org", "x", "read", "::1", NOW),), {}),
)
ACCOUNT: Final = AccountPage("Account", SECTIONS)
# A question with two answers, of which one goes on
NODES: Final = [Node(new_id(), None, "user", NOW)]
NODES.extend(Node(new_id(), NODES[0].id, "assistant", NOW) for _ in range(2))
NODES.append(Node(new_id(), NODES[1].id, "user", NOW))
TREE: Final = Tree(NODES)
SAVED: Final = SavedTurn(
    document_message(
        2, 1, "assistant", "Text.", sources=SOURCES, pictures=(DocumentPicture(id="p", media_type="x/y"),)
    ),
    "m-2",
    Safe("<p>Text.</p>"),
    Safe("<p>Hm.</p>"),
    ("data:image/png;base64,AAAA",),
)
SAVED_TURNS: Final = {
    "answer": SAVED,
    "question": replace(SAVED, message=document_message(1, None, "user", "Text."), pictures=()),
    "system": replace(SAVED, message=document_message(1, None, "system", "Text."), reasoning=Safe()),
    "failed": replace(SAVED, message=document_message(1, None, "assistant", "", status="failed", model="")),
}

IMPORT_FORM: Final = ImportForm("Import", LIST, False, "50", "Open Chat and others")
READY: Final = ImportPage(
    "Import",
    LIST,
    False,
    Import(new_id(), "conversations.json", "ready", ""),
    Tally(waiting=2, known=1, bad=1, messages=9),
    (
        ImportedItem("Rings", "bad", 0, "Its messages answer each other in a ring."),
        ImportedItem("Pictures", "waiting", 1, "2 of its pictures cannot be read, and are left out."),
        ImportedItem("Known", "known", 5, ""),
    ),
)
IMPORTS: Final = {
    "ready": READY,
    "nothing new": replace(READY, tally=Tally(known=2), items=()),
    "reading": replace(READY, sent=replace(READY.sent, state="reading"), items=()),
    "lost": replace(READY, sent=replace(READY.sent, state="reading", is_silent=True), items=()),
    "failed": replace(
        READY, sent=replace(READY.sent, name="", state="failed", problem="No zip."), tally=Tally(), items=()
    ),
    "importing": replace(READY, sent=replace(READY.sent, state="importing"), tally=Tally(waiting=1, done=1, bad=1)),
    "done": replace(READY, sent=replace(READY.sent, state="done"), tally=Tally(done=1, bad=3)),
}

SHARE: Final = Share(new_id(), "token", CONVERSATION.id, "A title", False, False, NOW)
SHARES: Final = ShareList(
    "Shared links", LIST, False, (SHARE, replace(SHARE, id=new_id(), with_later=True, is_live=True)), "https://here"
)
SHARED: Final = SharedPage("A title", "/s/token", (QUESTION, TURNS["complete"]))
LIST_PAGE: Final = ListPage("Conversations", LIST, False, LIST, View(), None, (TAG,), 2)
DELETED: Final = replace(LIST, conversations=(replace(LISTED, deleted_at=NOW),))
ORGANISE: Final = OrganisePage("A title", LIST, False, LIST.conversations[1], (TAG,))
CLEARING: Final = ClearingPage("Deleting for good", LIST, False, 300, 1_000)
FOUND: Final = Found(CONVERSATION.id, None, (Piece("A ", False), Piece("title", True)), (), "", NOW)
SEARCH: Final = SearchPage(
    "Search", LIST, False, "fox", (FOUND,), (replace(FOUND, message_id=new_id(), pieces=FOUND.title),), is_asked=True
)

TEMPORARY: Final = TemporaryPage(
    "Temporary chat", LIST, replace(COMPOSER, is_temporary=True, said=("Go", 'A "quoted" <word>')), False
)

# What each template is rendered with. Partials come with the templates that include them.
STATES: Final[dict[str, dict[str, Struct]]] = {
    "conversations/page.html": {**CHATS},
    "conversations/create_conversation.hx.html": {"": replace(CHAT, turns=(QUESTION, TURNS["growing"]))},
    "conversations/create_message.hx.html": {
        name: NewTurns((QUESTION, TURNS[name]), LIST, COMPOSERS[button])
        for name, button in (("growing", "an answer grows"), ("complete", ""))
    },
    "conversations/show_message.hx.html": {
        **{name: FinishedTurn(one, COMPOSER) for name, one in TURNS.items()},
        "at a limit": FinishedTurn(TURNS["stopped"], COMPOSERS["a limit is passed"], spent="$5.00 this month"),
        "higher up": FinishedTurn(TURNS["complete"], None),
        "begins anew": FinishedTurn(
            TURNS["growing"], COMPOSERS["an answer grows"], Latest(CONVERSATION.id, TURNS["growing"].message.id)
        ),
    },
    "conversations/edit_message.hx.html": {
        name: EditedTurn(TURNS[name]) for name in ("being edited", "question being edited")
    },
    "conversations/branch.hx.html": {
        "": Branch((QUESTION, TURNS["complete"]), LIST, COMPOSER, None, False, CONVERSATION),
        "longer": Branch((QUESTION, TURNS["growing"]), LIST, COMPOSER, f"/c/x?after={new_id()}", True, CONVERSATION),
    },
    "conversations/branches.html": {
        "": OverviewPage("Branches", LIST, False, CONVERSATION, drawing_of(TREE, NODES[3].id, {NODES[0].id: "First"})),
        "nothing": OverviewPage("Branches", LIST, False, CONVERSATION, drawing_of(Tree(()), None, {})),
    },
    "conversations/settings.html": {
        "": SettingsPage("Settings", CONVERSATION.id, CHOICES),
        "refused": SettingsPage("Settings", CONVERSATION.id, replace(CHOICES, needs_model=True), "Too warm."),
    },
    "library/library.html": {
        "": LibraryPage("Library", (PROMPT,), (PERSONA, replace(PERSONA, is_default=False))),
        "empty": LibraryPage("Library", (), ()),
    },
    "library/prompt.html": {
        "new": PromptPage("New prompt"),
        "refused": PromptPage("Prompt", PROMPT.id, PROMPT.name, PROMPT.text, "It is empty."),
    },
    "library/use.html": {"": UsePage(PROMPT.name, PROMPT.id, PROMPT.text, PROMPT.variables)},
    "library/persona.html": {
        "new": PersonaPage("New persona", CHOICES),
        "kept": PersonaPage("Persona", NARROW_CHOICES, PERSONA.id, "Poet", True, "No."),
    },
    "conversations/request.html": {
        "": REQUEST,
        "not kept": replace(REQUEST, request=None),
        "without anything": replace(REQUEST, request=Retold(replace(SENT, options={}), ())),
        "changed": replace(
            REQUEST, request=Retold(SENT, (Line("user", "Hello", "edited since"),), ("One message has been edited.",))
        ),
    },
    "conversations/retry.html": {"": RetryPage("Another model", LIST, False, QUESTION.message, COMPOSER)},
    "conversations/notice.hx.html": {name: WaitPart(wait) for name, wait in WAITS.items()},
    "conversations/thinking.hx.html": {name: WaitPart(wait) for name, wait in WAITS.items()},
    "conversations/earlier.hx.html": {
        "": MoreTurns((QUESTION, TURNS["complete"]), f"/c/{CONVERSATION.id}?before={new_id()}"),
        "the beginning": MoreTurns((QUESTION, TURNS["complete"]), None),
    },
    "conversations/later.hx.html": {
        "": MoreTurns((QUESTION, TURNS["complete"]), f"/c/{CONVERSATION.id}?after={new_id()}"),
        "the end": MoreTurns((QUESTION, TURNS["growing"]), None),
    },
    "conversations/list.html": {
        **{name: replace(LIST_PAGE, rows=one) for name, one in LISTS.items()},
        "of a tag": replace(LIST_PAGE, view=View(tag=TAG.id), tag=TAG),
        "of a tag that none has": replace(LIST_PAGE, rows=LISTS["empty list"], tag=TAG, count=0),
        "archive": replace(LIST_PAGE, view=View("archive")),
        "empty archive": replace(LIST_PAGE, view=View("archive"), rows=LISTS["empty list"]),
        "deleted": replace(LIST_PAGE, view=View("deleted"), rows=DELETED),
        "nothing deleted": replace(LIST_PAGE, view=View("deleted"), rows=LISTS["empty list"], count=0),
        "undo": replace(LIST_PAGE, undo=Undo(1, 1_000)),
        "archived": replace(LIST_PAGE, moved=Moved("secret", True, 1)),
        "taken out of the archive": replace(LIST_PAGE, moved=Moved("secret", False, 1_000)),
    },
    "conversations/list.hx.html": {
        **{name: OlderPage(one) for name, one in LISTS.items()},
        "scrolled to": OlderPage(LIST, takes_focus=False),
    },
    "conversations/organise.html": {"": ORGANISE, "bare": replace(ORGANISE, conversation=LISTED, others=())},
    "conversations/organise.hx.html": {"": ORGANISE},
    "conversations/title_form.hx.html": {"": TitlePage(LISTED)},
    "conversations/renamed.hx.html": {
        "shown": RenamedPage(CONVERSATION, is_shown=True),
        "elsewhere": RenamedPage(CONVERSATION, is_shown=False),
    },
    "conversations/clearing.html": {"": CLEARING, "done": replace(CLEARING, left=0)},
    "conversations/clearing.hx.html": {"": CLEARING, "nothing": replace(CLEARING, left=0, total=0)},
    "conversations/news.hx.html": {name: News(one) for name, one in LISTS.items()},
    "conversations/news_of_turns.hx.html": {
        "": NewsOfTurns((QUESTION, TURNS["growing"]), Latest(CONVERSATION.id, new_id()), COMPOSER)
    },
    "search/page.html": {"": SEARCH, "nothing asked": replace(SEARCH, titles=(), messages=(), is_asked=False)},
    "search/results.hx.html": {
        "": SEARCH,
        "more": replace(SEARCH, below=7),
        "nothing found": replace(SEARCH, titles=(), messages=()),
    },
    "conversations/live.html": {"": LiveHead("Answer"), "to stop": LiveHead("Answer", new_id())},
    "temporary/page.html": {
        "new": TEMPORARY,
        "at a limit": replace(TEMPORARY, composer=replace(TEMPORARY.composer, note="All is spent."), spent="$5.00"),
        **{name: replace(TEMPORARY, turns=(QUESTION, TURNS[name])) for name in ("complete", "failed", "growing")},
        "sent as it grows": replace(TEMPORARY, turns=(QUESTION, TURNS["growing"]), is_growing=True),
        "grown while it was sent": replace(TEMPORARY, turns=(QUESTION, TURNS["complete"]), is_growing=True),
    },
    "temporary/turns.hx.html": {"": NewTemporaryTurns((QUESTION, TURNS["growing from nothing"]))},
    "temporary/ended.hx.html": {
        name: EndedTurn(one, ("Go", "<Yes>"), COMPOSER, "$1.00") for name, one in TURNS.items() if not one.is_hidden
    },
    "accounts/key.html": {
        "off": KeyPage("Your OpenRouter key", False),
        "none": KeyPage("Your OpenRouter key", True, can_sign_in=True),
        "kept": KeyPage("Your OpenRouter key", True, "cdef", can_sign_in=True),
        "lost": KeyPage("Your OpenRouter key", True, is_lost=True),
        "refused": KeyPage("Your OpenRouter key", True, error="No."),
    },
    "accounts/usage.html": {
        "": USAGE_PAGE,
        "nothing": replace(USAGE_PAGE, days=(), models=(), others=(), own="", note=""),
    },
    "documents/export.html": {
        f"{number} of them": ExportPage("Export", LIST, False, number) for number in (0, 1, 1_234)
    },
    "documents/import_form.html": {
        "": IMPORT_FORM,
        "refused, with another": replace(IMPORT_FORM, error="The file is too large.", latest=new_id()),
    },
    "documents/import.html": {**IMPORTS},
    "documents/import.hx.html": {**IMPORTS},
    "documents/shares.html": {"": SHARES, "none": replace(SHARES, shares=())},
    "documents/shared.html": {
        "whole": replace(SHARED, turns=tuple(TURNS.values())),
        "nothing": replace(SHARED, turns=()),
        "cut": replace(SHARED, is_cut=True),
        "further up": replace(SHARED, earlier=new_id(), is_below=True),
        "growing": replace(SHARED, turns=(QUESTION, replace(TURNS["growing"], is_on_whole_page=True))),
        "a question with a picture": replace(SHARED, turns=(turn(message("user", pictures=PICTURES)),)),
    },
    "documents/shared_message.hx.html": {name: SharedTurn("/s/token", one) for name, one in TURNS.items()},
    "documents/saved_head.html": {
        "": SavedHead("A title", Safe(), ""),
        "with a system prompt": SavedHead("A title", Safe(), "Be brief."),
    },
    "documents/saved_message.html": {**SAVED_TURNS},
    "diagrams/frame.html": {"": DiagramFrame("nonce", "/assets/mermaid.js")},
    "operations/status.html": {
        "good": STATUS_PAGE,
        "with a token": replace(STATUS_PAGE, needs_token=True),
        **{
            level: replace(STATUS_PAGE, lines=(*STATUS_PAGE.lines, status_line(level, "Do something.")))
            for level in (Level.FAIR, Level.BAD)
        },
    },
    "accounts/join.html": {
        "": JoinPage("Join", "token"),
        "for one address": JoinPage("Join", "token", "a@example.org", "Anna", "No.", True),
    },
    "accounts/new_password.html": {"": NewPasswordPage("New", "token", "a@example.org", "No.")},
    "accounts/ask_for_mail.html": {
        "": AskForMailPage("Forgotten", "/forgotten", "A link."),
        "refused": AskForMailPage("Forgotten", "/forgotten", "A link.", "a", "No."),
    },
    "accounts/notices.html": {
        "": NoticesPage("Before you go on", (Notice("b@example.org", NOW, NOW, "::1"),), "/c/1"),
        "not used": NoticesPage("Before you go on", (Notice("b@example.org", NOW, None, ""),), "/"),
    },
    "accounts/go_on.html": {
        "with a notice": GoOnPage("Signed in", Kept("/c", "What I wrote"), True),
        "": GoOnPage("Signed in", Kept("/c", "What I wrote", "maker/one", "id", "owner")),
        "an edit": GoOnPage("Signed in", Kept("/messages/1/edit", "What I wrote", owner="owner", run="2")),
    },
    "accounts/confirm.html": {
        "": ConfirmPage("Confirm", "a@example.org", ASKED, pack(ASKED), OwnWays(True, True, "Provider"), "No."),
        "by the provider alone": ConfirmPage(
            "Confirm", "a@example.org", ASKED, pack(ASKED), OwnWays(provider="Provider")
        ),
        "by nothing": ConfirmPage("Confirm", "a@example.org", ASKED, pack(ASKED), OwnWays()),
    },
    "accounts/confirmed.html": {"": ConfirmedPage("Thank you", ASKED)},
    "accounts/mailed.html": {"": MailedPage("Mailed", "A mail is on its way.")},
    "accounts/sign_in.html": {
        "": SignInPage("Sign in"),
        "with something kept": SignInPage("Sign in", kept="{}"),
        "with all ways": SignInPage("Sign in", can_reset=True, can_sign_up=True),
        "refused": SignInPage("Sign in", "/c", "a@example.org", "The password is not right."),
        "refused below a path": SignInPage("Sign in", "/below/c", "a@example.org", "The password is not right."),
        "every way": SignInPage("Sign in", ways=EVERY_WAY),
        "without passwords": SignInPage("Sign in", ways=replace(EVERY_WAY, passwords=False)),
    },
    "accounts/passkey.html": {
        "create": PasskeyPage("Make a passkey", "/account/passkeys", "create", '{"a": "b"}', "/account/passkeys"),
        "get": PasskeyPage("Sign in", "/login/passkey/answer", "get", "{}", "/login"),
    },
    "accounts/passkeys.html": {
        "": PASSKEYS,
        "none": replace(PASSKEYS, passkeys=()),
        "none to be made": replace(PASSKEYS, ways=Ways()),
        "the last": replace(PASSKEYS, error="Nothing is left.", last=PASSKEYS.passkeys[0].id),
        "linked": replace(PASSKEYS, is_linked=True),
    },
    "accounts/leaving.html": {"": LeavingPage("On to Provider", "Provider", "https://example.org/authorize?a=b&c=d")},
    "accounts/account.html": {
        "": ACCOUNT,
        "done": replace(ACCOUNT, told="Your name is changed."),
        "refused": replace(ACCOUNT, error="No.", error_at="password"),
        "a new token": replace(ACCOUNT, new_token="oc_secret"),
        "nearly full": replace(ACCOUNT, sections=(storage_section(Used({"imports": 19_000_000}, 20_000_000)),)),
        "full": replace(ACCOUNT, sections=(storage_section(Used({"library": 21_000_000}, 20_000_000)),)),
        "new": replace(
            ACCOUNT,
            sections=(
                ProfileSection("a@example.org", "", False),
                PasswordSection("a@example.org", False),
                SessionsSection(()),
                TokensSection(()),
                WaysSection((), "", False),
                storage_section(Used()),
            ),
        ),
    },
    "accounts/set_up.html": {
        "": SetUpPage("Set up", "token"),
        "refused": SetUpPage("Set up", "token", "a@example.org", "Anna", "A password has 10 to 200 characters."),
    },
    **administration.STATES,
    "errors/page.html": {
        "": ErrorPage(404, "Not Found", "There is nothing at this address."),
        "signed out": ErrorPage(401, "That did not work", "You are signed out.", "/login?next=/"),
    },
    "errors/_refusal.html": {
        "": ErrorPage(409, "Conflict", "Not now."),
        "signed out": ErrorPage(401, "That did not work", "You are signed out.", "/login?next=/"),
    },
}
ROWS: Final = [
    pytest.param(name, page, id=f"{name}: {state}") for name in STATES for state, page in STATES[name].items()
]
# The rest of them is what people wrote.
OPEN_ON_PURPOSE: Final = {
    "conversations/live.html": ["html", "body", "main"],
    "documents/saved_head.html": ["html", "body", "main"],
}
# A file that stands alone has its styles in it, and the policy that allows them.
ALONE_ON_PURPOSE: Final = {"documents/saved_head.html": ["<style> in the page"]}


@pytest.fixture(scope="module")
def templates() -> Templates:
    assets = Assets(ROOT / "static", ROOT / "node_modules")
    return Templates(ROOT / "templates", assets, app_title="Open Chat", sharing=True)


@pytest.fixture(scope="module")
def below() -> Templates:
    """Those of an app below a path of its host."""
    assets = Assets(ROOT / "static", ROOT / "node_modules")
    return Templates(ROOT / "templates", assets, root="/below", app_title="Open Chat", sharing=True)


@pytest.fixture(scope="module")
def rendered(templates: Templates) -> Callable[[str, Struct], str]:
    """Renders a template once for all tests that look at the same page of it."""
    pages: dict[tuple[str, int], str] = {}

    def render(name: str, page: Struct) -> str:
        key = name, id(page)
        if key not in pages:
            pages[key] = templates.render(name, page)
        return pages[key]

    return render


def test_every_template_is_rendered_here(templates: Templates) -> None:
    reached = set(STATES) | {section.template for section in SECTIONS}  # which their page includes by name
    for _ in range(5):  # partials of partials
        reached |= {other for name in reached for other in references_of(name)}
    assert set(templates.names()) == reached


def references_of(name: str) -> set[str]:
    source = (ROOT / "templates" / name).read_text()
    return {other for other in meta.find_referenced_templates(Environment(autoescape=True).parse(source)) if other}


@pytest.mark.parametrize(("name", "page"), ROWS)
def test_it_is_sound(rendered: Callable[[str, Struct], str], name: str, page: Struct) -> None:
    read = Markup(rendered(name, page))
    assert read.problems == ALONE_ON_PURPOSE.get(name, [])
    assert read.open == OPEN_ON_PURPOSE.get(name, [])


@pytest.mark.parametrize(("name", "page"), ROWS)
def test_a_whole_page_has_all_that_it_refers_to(
    rendered: Callable[[str, Struct], str], name: str, page: Struct
) -> None:
    html = rendered(name, page)
    if "</html>" in html:
        assert Markup(html).dangling() == []
        assert html.count("<title>") == html.count("<main") == html.count("<h1") == 1


@pytest.mark.parametrize(("name", "page"), ROWS)
def test_every_address_goes_through_the_root(below: Templates, name: str, page: Struct) -> None:
    """Whatever attribute it stands in: one that begins at the host leads out of an app that is below a path of it."""
    html = below.render(name, page)
    addresses = re.findall(r"""=\s*["']?(/[^\s"'>]*)""", html)
    assert [address for address in addresses if not address.startswith("/below/")] == []
    assert "/below/below" not in html


# What people and models wrote


def evil_turn() -> Turn:
    made = message(
        status=Status.INTERRUPTED,
        content=EVIL,
        error_message=EVIL,
        reasoning=EVIL,
        sources=(Source(f"https://example.org/{EVIL}", EVIL), Source("https://example.org/", "")),
        receipt=Receipt(model=EVIL, provider=EVIL, completion_tokens=1),
        feedback=Feedback.DOWN,
        feedback_note=EVIL,
    )
    return turn(made, model_name=EVIL)


EVIL_TAG: Final = Tag(new_id(), EVIL)
EVIL_LISTED: Final = Listed(new_id(), EVIL, EVIL, False, False, NOW, tags=(EVIL_TAG,))
EVIL_LIST: Final = ConversationList((EVIL_LISTED,), f"/c?before={EVIL}", NOW)
EVIL_FOUND: Final = Found(new_id(), new_id(), (Piece(EVIL, False),), (Piece(EVIL, True),), EVIL, NOW)
EVIL_COMPOSER: Final = replace(
    make_composer((Model(EVIL, f"{EVIL}: {EVIL}"),), EVIL, CONVERSATION.id), text=EVIL, error=EVIL, client_id=EVIL
)
EVIL_TURNS: Final = (turn(message("user", content=EVIL)), evil_turn())
EVIL_CHOICES: Final = make_choices(MODELS, EVIL, EVIL, {"temperature": EVIL}, None)
EVIL_PAGES: Final[dict[str, Struct]] = {
    "conversations/page.html": ChatPage(
        EVIL, EVIL_LIST, EVIL_COMPOSER, True, replace(CONVERSATION, title=EVIL), EVIL_TURNS, f"/c/x?before={EVIL}"
    ),
    "conversations/create_message.hx.html": NewTurns(EVIL_TURNS, EVIL_LIST, EVIL_COMPOSER),
    "conversations/show_message.hx.html": FinishedTurn(EVIL_TURNS[1], EVIL_COMPOSER),
    "conversations/edit_message.hx.html": EditedTurn(replace(EVIL_TURNS[0], editing=Editing(EVIL, 0, EVIL))),
    "conversations/branch.hx.html": Branch(EVIL_TURNS, EVIL_LIST, EVIL_COMPOSER, f"/c/{EVIL}", True, CONVERSATION),
    "conversations/branches.html": OverviewPage(
        EVIL,
        EVIL_LIST,
        False,
        replace(CONVERSATION, title=EVIL),
        drawing_of(TREE, None, {one.id: EVIL for one in NODES}),
    ),
    "conversations/settings.html": SettingsPage(EVIL, CONVERSATION.id, EVIL_CHOICES, EVIL),
    "library/library.html": LibraryPage(EVIL, (replace(PROMPT, name=EVIL),), (replace(PERSONA, name=EVIL),)),
    "library/prompt.html": PromptPage(EVIL, PROMPT.id, EVIL, EVIL, EVIL),
    "library/use.html": UsePage(EVIL, PROMPT.id, EVIL, (EVIL,)),
    "library/persona.html": PersonaPage(EVIL, EVIL_CHOICES, PERSONA.id, EVIL, error=EVIL),
    "conversations/retry.html": RetryPage(EVIL, EVIL_LIST, False, EVIL_TURNS[1].message, EVIL_COMPOSER),
    "conversations/earlier.hx.html": MoreTurns(EVIL_TURNS, f"/c/x?before={EVIL}"),
    "conversations/later.hx.html": MoreTurns(EVIL_TURNS, f"/c/x?after={EVIL}"),
    "conversations/notice.hx.html": WaitPart(replace(WAITS["waiting"], notice=EVIL)),
    "conversations/request.html": RequestPage(
        EVIL,
        TURNS["complete"].message,
        Retold(replace(SENT, model=EVIL, options={EVIL: EVIL}), (Line(EVIL, EVIL, EVIL),), (EVIL,)),
    ),
    "accounts/key.html": KeyPage(EVIL, True, EVIL, error=EVIL),
    "accounts/usage.html": replace(USAGE_PAGE, title=EVIL, models=(UsageRow(EVIL, 1, 1, Decimal(1), 1),)),
    "conversations/list.html": ListPage(EVIL, EVIL_LIST, False, EVIL_LIST, View(), EVIL_TAG, (EVIL_TAG,), 1),
    "conversations/organise.html": OrganisePage(EVIL, EVIL_LIST, False, EVIL_LISTED, (EVIL_TAG,)),
    "conversations/title_form.hx.html": TitlePage(EVIL_LISTED),
    "conversations/renamed.hx.html": RenamedPage(replace(CONVERSATION, title=EVIL), is_shown=True),
    "search/page.html": SearchPage(EVIL, EVIL_LIST, False, EVIL, (EVIL_FOUND,), (EVIL_FOUND,), 7, True),
    "conversations/live.html": LiveHead(EVIL),
    "documents/import_form.html": replace(IMPORT_FORM, error=EVIL),
    "documents/import.html": replace(
        READY,
        sent=replace(READY.sent, name=EVIL, state="failed", problem=EVIL),
        items=(ImportedItem(EVIL, "bad", 0, EVIL), ImportedItem(EVIL, "waiting", 0, EVIL)),
    ),
    "documents/shares.html": replace(SHARES, shares=(replace(SHARE, title=EVIL, token=EVIL),)),
    "documents/shared.html": SharedPage(EVIL, "/s/token", EVIL_TURNS),
    "documents/saved_head.html": SavedHead(EVIL, Safe(), EVIL),
    "documents/saved_message.html": replace(
        SAVED, message=document_message(1, None, "user", EVIL, status="failed", error_message=EVIL, model=EVIL)
    ),
    "operations/status.html": StatusPage(
        EVIL,
        (Reported("x", EVIL, True, Finding(Level.BAD, EVIL, EVIL)),),
        (Fact(EVIL, EVIL),),
        f"http://{EVIL}",
        True,
        NOW,
    ),
    "accounts/join.html": JoinPage(EVIL, EVIL, EVIL, EVIL, EVIL),
    "accounts/new_password.html": NewPasswordPage(EVIL, EVIL, EVIL, EVIL),
    "accounts/ask_for_mail.html": AskForMailPage(EVIL, "/forgotten", EVIL, EVIL, EVIL),
    "accounts/confirm.html": ConfirmPage(EVIL, EVIL, EVIL_ASKED, EVIL, OwnWays(True, True, EVIL), EVIL),
    "accounts/confirmed.html": ConfirmedPage(EVIL, EVIL_ASKED),
    "accounts/notices.html": NoticesPage(EVIL, (Notice(EVIL, NOW, NOW, EVIL),), "/"),
    "accounts/go_on.html": GoOnPage(EVIL, Kept("/c", EVIL, EVIL, EVIL, EVIL, EVIL, EVIL)),
    "accounts/mailed.html": MailedPage(EVIL, EVIL),
    "accounts/sign_in.html": SignInPage(EVIL, EVIL, EVIL, EVIL, EVIL),
    "accounts/account.html": AccountPage(
        EVIL,
        (
            ProfileSection(EVIL, EVIL, True),
            PasswordSection(EVIL, True, (EVIL,)),
            SessionsSection((ListedSession(new_id(), EVIL, EVIL, EVIL, EVIL, False),), (EVIL,)),
            TokensSection((ListedToken(new_id(), EVIL, EVIL, EVIL, EVIL, EVIL, True),), (EVIL,), (Lifetime(1, EVIL),)),
            WaysSection((ListedPasskey(EVIL, EVIL),), EVIL, False),
            StorageSection(EVIL, 1, 2, (StoredKind(EVIL, EVIL),), EVIL),
            HistorySection("", (Event(new_id(), EVIL, EVIL, EVIL, EVIL, EVIL, NOW),), {}),
        ),
        EVIL,
        EVIL,
        "password",
        EVIL,
    ),
    "accounts/set_up.html": SetUpPage(EVIL, EVIL, EVIL, EVIL, EVIL),
    **administration.with_text(EVIL),
    "accounts/passkey.html": PasskeyPage(EVIL, "/login/passkey/answer", "get", EVIL, "/login"),
    "accounts/passkeys.html": replace(
        PASSKEYS, title=EVIL, error=EVIL, passkeys=(Passkey(new_id(), EVIL, NOW, NOW),), ways=Ways(provider=EVIL)
    ),
    "accounts/leaving.html": LeavingPage(EVIL, EVIL, EVIL),
    "errors/page.html": ErrorPage(422, "Invalid", EVIL),
    "errors/_refusal.html": ErrorPage(422, "Invalid", EVIL),
}


@pytest.mark.parametrize("name", EVIL_PAGES)
def test_what_people_wrote_stays_text(templates: Templates, name: str) -> None:
    html = templates.render(name, EVIL_PAGES[name])
    read = Markup(html)
    assert read.problems == ALONE_ON_PURPOSE.get(name, [])
    assert read.open == OPEN_ON_PURPOSE.get(name, [])
    assert EVIL in "".join(read.text)
    assert "<script>" not in html
    assert "<img src=x" not in html


def test_what_a_renderer_gave_is_shown_as_html(templates: Templates) -> None:
    html = templates.render("conversations/show_message.hx.html", FinishedTurn(TURNS["complete"], COMPOSER))
    assert "<p>Text.</p>" in html


def test_a_shared_message_tells_nothing_that_is_its_owner_s(templates: Templates) -> None:
    html = templates.render("documents/shared.html", replace(SHARED, turns=tuple(TURNS.values())))
    for private in (
        "<form",
        "<button",
        "$0.0042",
        "12,345",
        "No credit.",
        "It broke off.",
        'href="/c/',
        "/retry",
        "/request",
    ):
        assert private not in html
    assert 'name="robots" content="noindex' in html


# What each state tells and offers

EVERY: Final = {"retry", "fork", "feedback", "delete"}


def shown(templates: Templates, state: str) -> str:
    return templates.render("conversations/show_message.hx.html", FinishedTurn(TURNS[state], COMPOSER))


@pytest.mark.parametrize(
    ("state", "offers", "tells"),
    [
        ("complete", EVERY, ["12,345 tokens", "$0.0042", "One"]),
        ("complete with everything", EVERY, ["Temperature0.5", "Reasoning effortlow", "exactly what was sent"]),
        ("without parameters", EVERY, ["Parametersnone", "System promptnone"]),
        ("cut at the limit", {*EVERY, "continue"}, ["limit"]),
        ("cut by a filter", EVERY, ["filter"]),
        ("stopped", {*EVERY, "continue"}, ["Stopped"]),
        ("stopped before the first word", EVERY, ["Stopped"]),
        ("interrupted", {*EVERY, "continue"}, ["Interrupted"]),
        ("interrupted by an error", {*EVERY, "continue"}, ["It broke off."]),
        ("failed", EVERY, ["No credit."]),
        ("own key refused", EVERY, ["No key. Your OpenRouter key"]),
        ("at the month's limit", {*EVERY, "continue"}, ["All is spent. What it went on", "Stopped"]),
        ("failed without a word", EVERY, ["No answer came."]),
        ("growing", set(), ["Op", "Hm.", "Thought for 12 s", "about 1,240 tokens · 1 min 5 s"]),
        ("growing from nothing", set(), ["Waiting for One · 3 s"]),
        ("thinking", set(), ["Thinking · 12 s", "Hm."]),
        ("thought", EVERY, ["Thought for 1 min 5 s", "Hm."]),
        ("question", {"retry", "fork", "delete"}, ["Text."]),
        ("good", EVERY, ["Good answer"]),
        ("bad, with a note", EVERY, ["Bad answer", "Wrong."]),
        ("edited", EVERY, ["Edited"]),
        ("being edited", {"text"}, ["Text."]),
        ("question being edited", {"edit", "text"}, ["It has been edited."]),
    ],
)
def test_an_answer_tells_how_it_stands_and_offers_a_way_on(
    templates: Templates, state: str, offers: set[str], tells: list[str]
) -> None:
    html = shown(templates, state)
    actions = f'action="/messages/{TURNS[state].message.id}/'
    assert {part.partition('"')[0] for part in html.split(actions)[1:]} == offers
    text = "".join(Markup(html).text)
    assert [words for words in tells if words not in text] == []


def test_only_a_growing_answer_is_followed(templates: Templates) -> None:
    assert [state for state in TURNS if "hx-sse:connect" in shown(templates, state)] == [
        "growing from nothing",
        "growing",
        "thinking",
    ]
    growing = TURNS["growing"]
    assert f'hx-sse:connect="/messages/{growing.message.id}/events?after={growing.cursor}"' in shown(
        templates, "growing"
    )


def test_an_answer_that_grows_can_be_stopped(templates: Templates) -> None:
    composer = COMPOSERS["an answer grows"]
    html = templates.render("conversations/page.html", replace(CHAT, composer=composer))
    assert f'action="/messages/{composer.live_answer}/stop"' in html
    assert "/stop" not in templates.render("conversations/page.html", CHAT)


def test_a_refused_message_is_still_in_its_box(templates: Templates) -> None:
    html = templates.render("conversations/page.html", CHATS["refused"])
    assert ">What I wrote</textarea>" in html
    assert "The message is too long." in html


def test_the_chosen_model_is_selected_whether_it_is_listed_or_not(templates: Templates) -> None:
    for state, chosen in (("whole", "maker/one"), ("no models", "maker/unlisted")):
        html = templates.render("conversations/page.html", CHATS[state])
        assert html.count(" selected>") == 1
        assert f'<option value="{chosen}" selected>' in html


def test_an_answer_that_has_ended_before_its_page_came_tells_what_the_month_has_cost(templates: Templates) -> None:
    """Nothing is followed then, and no end of it comes that would tell."""
    page = replace(CHAT, turns=(QUESTION, TURNS["complete"]), spent="$1.20 of $5.00 this month")
    html = templates.render("conversations/create_conversation.hx.html", page)
    assert '<hx-partial hx-target="#month" hx-swap="innerHTML">$1.20 of $5.00 this month</hx-partial>' in html
