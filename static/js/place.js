// What a reader looks at stays where it is on the screen when turns come above it or an answer takes its final form; who steps through
// versions looks at the stepper, which the next version has by the same id. The browser's own anchoring is put off meanwhile: not every browser has it, none does it at the very top, and twice would be a jump, too.

const root = document.scrollingElement;
const keptBy = new WeakMap(); // swaps overlap: each has its own

const edgeOf = (element, edge) => element.getBoundingClientRect()[edge];

// A message that is edited is a form meanwhile, which is seldom as high. What stands below it stays, and the form is in view.
const editedIn = (target, { action }) => {
  const turn = target.closest?.("#turns > .message");
  return turn && (action.endsWith("/edit") || turn.querySelector(":scope > .edit")) ? turn : null;
};

const firstInView = (elements) => {
  const bar = document.querySelector(".topbar")?.getBoundingClientRect().bottom ?? 0;
  return [...elements].find((element) => element.getBoundingClientRect().bottom > bar);
};

document.addEventListener("htmx:before:swap", ({ target, detail }) => {
  const edited = editedIn(target, detail.ctx.request);
  const turn = edited ?? firstInView(document.querySelectorAll("#turns > .message"));
  if (!turn) return;
  const block = edited ?? target.closest?.(".versions") ?? firstInView(turn.querySelectorAll(":scope > .prose > *")) ?? turn;
  const edge = edited ? "bottom" : "top";
  keptBy.set(detail.ctx, { block, edge, place: edgeOf(block, edge) });
  root.style.overflowAnchor = "none";
});

document.addEventListener("htmx:after:swap", ({ detail }) => {
  const kept = keptBy.get(detail.ctx);
  if (!kept) return;
  const block = kept.block.isConnected ? kept.block : document.getElementById(kept.block.id);
  if (block) root.scrollTop += edgeOf(block, kept.edge) - kept.place;
  if (kept.edge === "bottom") block?.querySelector(".edit")?.scrollIntoView({ block: "nearest" });
  requestAnimationFrame(() => requestAnimationFrame(() => (root.style.overflowAnchor = "")));
});
