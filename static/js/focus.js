// A swap that takes the focused element away, or hides it, gives the focus to the box; on a touch screen, where that would
// bring up the keyboard, to the main part of the page.

let last = null;

const isShown = (element) => element.checkVisibility({ visibilityProperty: true });
const isLost = () => last && !isShown(last) && (document.activeElement === document.body || !isShown(document.activeElement));

document.addEventListener("focusin", (event) => (last = event.target));
document.addEventListener("pointerdown", () => (last = null)); // who clicks beside everything wants no focus

document.addEventListener("changed", () => {
  if (!isLost()) return;
  const id = matchMedia("(hover: none)").matches ? "main" : "message";
  document.getElementById(id)?.focus({ preventScroll: true });
});

// A panel that opened over another, or in its place, gives no focus back by itself when it closes.
const handBack = ({ target, newState }) => {
  if (newState === "open" || !target.matches("[popover], dialog") || !isLost()) return;
  const openers = document.querySelectorAll(`[popovertarget="${target.id}"], .topbar__list`);
  [...openers].find(isShown)?.focus();
};

document.addEventListener("toggle", handBack, { capture: true });
document.addEventListener("close", handBack, { capture: true });
