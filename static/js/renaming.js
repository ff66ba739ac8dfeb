// Titles are changed where they stand: F2 or the pencil opens a form in the row, Escape leaves it.

const done = (form) => {
  const dialog = form.closest("dialog");
  dialog?.close(); // which gives the focus back
  const row = (dialog ? document.activeElement : form).closest(".sidebar__row");
  if (!dialog) form.remove();
  row?.querySelector("a").focus();
};

document.addEventListener("keydown", (event) => {
  const row = event.target.closest?.(".sidebar__row");
  if (event.key === "F2") row?.querySelector(".sidebar__rename").click();
  if (event.key !== "Escape" || !event.target.closest?.(".rename")) return;
  event.preventDefault(); // the drawer of a phone stays open
  done(event.target.form);
});

document.addEventListener("reset", ({ target }) => target.matches(".rename") && done(target));

document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
  const { action, form, method } = ctx.request;
  if (!action.endsWith("/title") || ctx.response?.status !== 200) return;
  if (method === "POST") done(form);
  else document.activeElement.select?.();
});
