// What a reader looks at stays where it is on the screen when turns come above it or an answer takes its final form; who steps through
// versions looks at the stepper, which the next version has by the same id. The browser's own anchoring is put off meanwhile: not every browser has it, none does it at the very top, and twice would be a jump, too.

const root = document.scrollingElement;
let kept = null;

const topOf = (element) => element.getBoundingClientRect().top;

const firstInView = (elements) => {
  const bar = document.querySelector(".topbar")?.getBoundingClientRect().bottom ?? 0;
  return [...elements].find((element) => element.getBoundingClientRect().bottom > bar);
};

document.addEventListener("htmx:before:swap", ({ target }) => {
  const turn = firstInView(document.querySelectorAll("#turns > .message"));
  if (!turn) return;
  const block = target.closest?.(".versions") ?? firstInView(turn.querySelectorAll(":scope > .prose > *")) ?? turn;
  kept = { block, top: topOf(block) };
  root.style.overflowAnchor = "none";
});

document.addEventListener("htmx:after:swap", () => {
  if (!kept) return;
  const block = kept.block.isConnected ? kept.block : document.getElementById(kept.block.id);
  if (block) root.scrollTop += topOf(block) - kept.top;
  kept = null;
  requestAnimationFrame(() => requestAnimationFrame(() => (root.style.overflowAnchor = "")));
});
