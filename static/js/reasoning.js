// Thoughts follow their own end while they grow, and fold when the answer begins; not where the reader has something to do
// with them: has opened or closed them, has scrolled up in them, or selects in them.

const held = new WeakSet();

document.addEventListener("click", (event) => {
  const summary = event.target.closest?.(".reasoning__summary");
  if (summary) held.add(summary.parentElement);
});

const isHeld = (thoughts) =>
  held.has(thoughts) || (!getSelection().isCollapsed && thoughts.contains(getSelection().anchorNode));

const read = new WeakSet(); // boxes in which the reader has scrolled up

document.addEventListener("scroll", ({ target }) => {
  if (!target.matches?.(".reasoning__text")) return;
  const isAtEnd = target.scrollHeight - target.scrollTop - target.clientHeight < 24;
  read[isAtEnd ? "delete" : "add"](target);
}, { capture: true, passive: true });

const update = () => {
  const turn = document.getElementById("turns")?.lastElementChild; // the one that may grow
  const thoughts = turn?.ariaBusy && [...turn.children].find((part) => part.matches(".reasoning[open]"));
  if (!thoughts) return;
  const box = thoughts.querySelector(".reasoning__text");
  const hasBegun = [...turn.children].some((part) => part.matches(".prose:not(:empty)"));
  if (!read.has(box)) box.scrollTop = box.scrollHeight;
  if (!hasBegun || isHeld(thoughts)) return;
  thoughts.open = false;
  held.add(thoughts); // folded once: whatever opens it from here on is meant
};

document.addEventListener("changed", update);
update();
