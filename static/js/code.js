// Blocks of code: copied, wrapped; and what a reader has made of a block goes on to the one that takes its place.

const SAID_FOR = 2000; // milliseconds

// Browsers keep their clipboard from pages that came by plain http. The old way asks for a selection instead.
const copyByHand = (text, button) => {
  const box = document.createElement("textarea");
  box.className = "visually-hidden";
  box.value = text;
  button.after(box);
  box.focus({ preventScroll: true });
  box.select();
  const isCopied = document.execCommand("copy");
  box.remove();
  button.focus({ preventScroll: true });
  return isCopied;
};

const heirs = new WeakMap(); // buttons to those that took their place

const label = (button, words) => {
  while (heirs.has(button)) button = heirs.get(button);
  button.textContent = words;
};

const copy = async (button) => {
  const text = button.closest(".code").querySelector("code").textContent.replace(/\n$/, "");
  const isCopied = await navigator.clipboard?.writeText(text).then(() => true, () => false);
  const sentence = isCopied || copyByHand(text, button) ? "Copied" : "Not copied";
  document.getElementById("spoken").textContent = sentence;
  label(button, sentence);
  setTimeout(() => label(button, "Copy"), SAID_FOR);
};

const wrap = (button) => {
  const isWrapped = button.closest(".code").toggleAttribute("data-wrap");
  button.setAttribute("aria-pressed", isWrapped);
};

const used = new Map(); // blocks of which a button was used: their message, and their number in it
const blocksOf = (message) => [...(document.getElementById(message)?.querySelectorAll(".code") ?? [])];

document.addEventListener("click", (event) => {
  const button = event.target.closest(".code__bar > button");
  if (!button) return;
  const block = button.closest(".code");
  const message = block.closest(".message").id;
  used.set(block, [message, blocksOf(message).indexOf(block)]);
  if (button.className === "code__copy") copy(button);
  if (button.className === "code__wrap") wrap(button);
});

const goOn = (block, successor, toFocus) => {
  const [copied, heir] = [block, successor].map((one) => one.querySelector(".code__copy"));
  heirs.set(copied, heir);
  heir.textContent = copied.textContent;
  for (const pressed of block.querySelectorAll("[aria-pressed=true]")) {
    successor.querySelector(`.${pressed.className}`)?.click();
  }
  if (toFocus && document.activeElement === document.body) toFocus.focus({ preventScroll: true });
};

let focused = null;
document.addEventListener("focusin", (event) => (focused = event.target.closest(".code__bar > button")));

document.addEventListener("changed", () => {
  for (const [block, [message, number]] of used) {
    if (block.isConnected) continue;
    used.delete(block);
    const successor = blocksOf(message)[number];
    if (!successor) continue;
    used.set(successor, [message, number]);
    goOn(block, successor, block.contains(focused) && successor.querySelector(`.${focused.className}`));
  }
});
