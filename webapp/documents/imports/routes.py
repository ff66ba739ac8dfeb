"""Files of conversations: sent, looked at, brought in."""

from typing import Any, Final
from uuid import UUID

from litestar import Request, Response, Router, post, route
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from webapp.accounts.throttles import Costly, Throttles
from webapp.accounts.users import User
from webapp.conversations.presenter import Presenter
from webapp.documents.imports.coming import Coming
from webapp.documents.imports.formats import KNOWN
from webapp.documents.imports.importer import Importer
from webapp.documents.imports.store import ImportStore
from webapp.documents.pages import ImportForm, ImportPage
from webapp.web.appearance import appearance_of
from webapp.web.htmx import wants_fragment
from webapp.web.refusals import RefusalError, TooLargeError
from webapp.web.responses import READ, html, retry_after, see_other
from webapp.web.uploads import receive_file

LOOK: Final = '{"look": {"target": "body"}}'  # what has changed of the list is then asked for
LARGE: Final = (
    " Of a zip, conversations.json alone is enough: unpack it, and send that."
    " The operator can raise the limit, MAX_IMPORT_BYTES."
)
MAX_LISTED: Final = 300  # conversations of a file that are told one by one

AnyRequest = Request[Any, Any, Any]


@route("/import", http_method=READ, name="import")
async def show_form(
    request: AnyRequest,
    user: NamedDependency[User],
    importer: NamedDependency[Importer],
    imports: NamedDependency[ImportStore],
    presenter: NamedDependency[Presenter],
) -> Response[str]:
    page = await _form(user, importer, imports, presenter)
    return html(presenter.render("documents/import_form.html", page, appearance_of(request)))


@post("/import", name="send_import", request_max_body_size=None)
async def send_file(
    request: AnyRequest,
    user: NamedDependency[User],
    importer: NamedDependency[Importer],
    imports: NamedDependency[ImportStore],
    coming: NamedDependency[Coming],
    throttles: NamedDependency[Throttles],
    presenter: NamedDependency[Presenter],
) -> Response[str] | Redirect:
    """Takes a file, and begins to read it. Nothing becomes a conversation yet.

    Whether one may come, and fits, is asked before any of it is read.
    """
    try:
        async with coming.claimed(user.id) as claim:
            await throttles.take(Costly.IMPORT, user.id)
            upload = await receive_file(request, "file", limit=importer.max_bytes, watch=claim.watch)
            return see_other(f"/import/{await importer.receive(user.id, upload)}")
    except RefusalError as refusal:
        hint = LARGE if isinstance(refusal, TooLargeError) else ""
        page = await _form(user, importer, imports, presenter, f"{refusal.sentence}{hint}")
        form = presenter.render("documents/import_form.html", page, appearance_of(request))
        return html(form, retry_after(refusal.retry_after), refusal.status)


@route("/import/{import_id:uuid}", http_method=READ, name="show_import")
async def show_import(
    request: AnyRequest,
    user: NamedDependency[User],
    importer: NamedDependency[Importer],
    imports: NamedDependency[ImportStore],
    presenter: NamedDependency[Presenter],
    import_id: FromPath[UUID],
) -> Response[str]:
    """What is in the file and how far it is; for a page that watches, only that."""
    sent = await imports.find(user.id, import_id)
    await importer.look_after(user.id, sent)
    frame = await presenter.frame(user.id)
    tally = await imports.tally(user.id, import_id)
    listed = await imports.listed(user.id, import_id, MAX_LISTED)
    page = ImportPage("Import", frame.list, frame.is_demo, sent, tally, tuple(listed))
    if not wants_fragment(request):
        return html(presenter.render("documents/import.html", page, appearance_of(request)))
    headers = {} if page.is_busy else {"hx-trigger": LOOK}
    return html(presenter.render("documents/import.hx.html", page, appearance_of(request)), headers)


@post("/import/{import_id:uuid}/confirm", name="confirm_import")
async def confirm_import(
    user: NamedDependency[User], importer: NamedDependency[Importer], import_id: FromPath[UUID]
) -> Redirect:
    await importer.confirm(user.id, import_id)
    return see_other(f"/import/{import_id}")


@post("/import/{import_id:uuid}/delete", name="delete_import")
async def delete_import(
    user: NamedDependency[User], imports: NamedDependency[ImportStore], import_id: FromPath[UUID]
) -> Redirect:
    """Lets go of a file and of what was read of it. What has become a conversation stays."""
    await imports.delete(user.id, import_id)
    return see_other("/import")


async def _form(
    user: User, importer: Importer, imports: ImportStore, presenter: Presenter, error: str = ""
) -> ImportForm:
    frame, latest = await presenter.frame(user.id), await imports.latest(user.id)
    megabytes = f"{importer.max_bytes / 1_000_000:g}"
    return ImportForm("Import", frame.list, frame.is_demo, megabytes, KNOWN, latest.id if latest else None, error)


imports_router = Router(
    "/",
    route_handlers=[show_form, send_file, show_import, confirm_import, delete_import],
    include_in_schema=False,
)
