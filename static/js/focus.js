// A swap that takes the focused button away gives the focus to the box. Not on a touch screen, where that would bring up
// the keyboard: there it goes to the main part of the page.

let isLost = false;

document.addEventListener("focusout", (event) => {
  isLost = !event.relatedTarget && event.target.closest?.(".message__footer, .composer__stop") !== null;
});

document.addEventListener("focusin", () => (isLost = false));

document.addEventListener("htmx:after:swap", () => {
  if (!isLost || document.activeElement !== document.body) return;
  isLost = false;
  const id = matchMedia("(hover: none)").matches ? "main" : "message";
  document.getElementById(id)?.focus({ preventScroll: true });
});
