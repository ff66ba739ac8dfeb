// Keys. Single ones act while nothing is typed and nothing is open over the page; Appearance turns them off.

const box = () => document.getElementById("message") ?? document.getElementById("search");

const isOverPage = () => document.querySelector("dialog[open], :popover-open, details.menu[open]");
const isTyped = (event) => event.target.matches?.("input, textarea, select");

// To the message after or before the focused one, else the place below the bar, where reading begins.
const step = (by) => {
  const turns = [...document.querySelectorAll(".message, .hit")];
  const isBeyond = (turn) => by * (turn.getBoundingClientRect().top - parseFloat(getComputedStyle(turn).scrollMarginTop)) > 1;
  const here = turns.indexOf(document.activeElement.closest(".message, .hit"));
  const next = here < 0 ? turns[by > 0 ? "find" : "findLast"](isBeyond) ?? turns.at(-1) : turns[here + by];
  if (!next) return;
  next.tabIndex = -1;
  next.focus({ preventScroll: true });
  next.scrollIntoView();
};

const single = {
  "/": () => box()?.focus(),
  "?": () => document.getElementById("shortcuts")?.showModal(),
  j: () => step(1),
  k: () => step(-1),
};

const links = { O: ".sidebar__new", k: ".sidebar__search" };

// Through what was found, from the field and back.
const arrow = (event) => {
  const stops = [...document.querySelectorAll("#search, .hit")];
  const next = stops[stops.indexOf(event.target) + { ArrowDown: 1, ArrowUp: -1 }[event.key]];
  return next && event.target.matches("#search, .hit") ? () => next.focus() : null;
};

const actionOf = (event) => {
  if (event.defaultPrevented || event.isComposing || event.altKey) return null;
  if (event.ctrlKey || event.metaKey) {
    const key = event.shiftKey ? event.key.toUpperCase() : event.key;
    return Object.hasOwn(links, key) ? () => document.querySelector(links[key])?.click() : null;
  }
  if (isOverPage()) return null;
  if (event.key.startsWith("Arrow")) return arrow(event);
  if (event.key === "Escape" && event.target === box()) return () => document.querySelector(".composer__stop button")?.click();
  if (isTyped(event) || document.documentElement.dataset.keys === "off") return null;
  return Object.hasOwn(single, event.key) ? single[event.key] : null;
};

document.addEventListener("keydown", (event) => {
  const act = actionOf(event);
  if (!act) return;
  event.preventDefault();
  act();
});

document.getElementById("shortcuts-button")?.addEventListener("click", single["?"]);
