// Copies a message: its Markdown, which the server has, or what the page shows of it, for letters and documents. And a selection: code
// without the buttons above it, formulas as their source.

const SAID_FOR = 2000; // milliseconds
const AROUND = [ // the text, and nothing of it
  ...[".code__bar", ".code__problem", ".reasoning__summary", ".message__wait", ".message__footer :is(a, button)", ".undo"],
  ...[".visually-hidden", "[hidden]", "[popover]", "details:not([open]) > :not(summary)", "iframe", "noscript", "svg"],
].join();

const asBlob = (text, type) => new Blob([text], { type });

// The clipboard takes promises, so that it is still the click that asks for it when the text has come.
const write = (parts) => {
  const items = Object.entries(parts).map(([type, text]) => [type, text.then((words) => asBlob(words, type))]);
  return navigator.clipboard.write([new ClipboardItem(Object.fromEntries(items))]);
};

const give = (event, texts) => {
  event.preventDefault();
  for (const [type, text] of texts) event.clipboardData.setData(type, text);
};

// Browsers keep their clipboard from pages that came by plain http. The old way copies what an event is given.
const writeByHand = async (parts) => {
  const texts = await Promise.all(Object.entries(parts).map(async ([type, text]) => [type, await text]));
  const giveAll = (event) => give(event, texts);
  document.addEventListener("copy", giveAll, { once: true, capture: true });
  const isCopied = document.execCommand("copy");
  document.removeEventListener("copy", giveAll, { capture: true });
  if (!isCopied) throw new Error("not copied");
};

const textOf = async (address) => {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${response.status}`);
  return response.text();
};

const source = (formula) => {
  const around = formula.getAttribute("display") === "block" ? "$$" : "$";
  return `${around}${formula.getAttribute("alttext")}${around}`;
};

// What a part of the page says, as HTML and as text; where a line ends is known of what is laid out.
const saidBy = (content) => {
  const stage = document.createElement("div");
  stage.className = "visually-hidden";
  stage.append(content);
  stage.querySelectorAll(AROUND).forEach((part) => part.remove());
  const html = stage.innerHTML;
  for (const formula of stage.querySelectorAll("math[alttext]")) formula.replaceWith(source(formula));
  document.body.append(stage);
  const text = stage.innerText.trim();
  stage.remove();
  return { "text/html": html, "text/plain": text };
};

const partsOf = (link) => {
  if (link.dataset.copy === "text") return { "text/plain": textOf(link.href) };
  const content = new DocumentFragment();
  content.append(...link.closest(".message").querySelector(":scope > .prose").cloneNode(true).childNodes);
  return Object.fromEntries(Object.entries(saidBy(content)).map(([type, text]) => [type, Promise.resolve(text)]));
};

const say = (link, words) => {
  document.getElementById("spoken").textContent = words;
  const label = link.querySelector("span") ?? link;
  const before = label.dataset.words ??= label.textContent;
  label.textContent = words;
  setTimeout(() => (label.textContent = before), SAID_FOR);
};

export const copyMessage = async (link) => {
  const parts = partsOf(link);
  try {
    await (navigator.clipboard?.write ? write(parts) : writeByHand(parts));
    say(link, "Copied");
  } catch {
    say(link, "Not copied");
  }
};

const elementOf = (node) => (node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement);

// What is selected, with the whole of a formula of which a part is.
const selected = () => {
  const range = getSelection().getRangeAt(0).cloneRange();
  const [first, last] = [range.startContainer, range.endContainer].map((node) => elementOf(node).closest("math"));
  if (first) range.setStartBefore(first);
  if (last) range.setEndAfter(last);
  return range;
};

document.addEventListener("copy", (event) => {
  if (event.target.closest?.("input, textarea") || getSelection().isCollapsed) return;
  const range = selected();
  const isOfMessages = range.intersectsNode(document.getElementById("turns"));
  if (!isOfMessages || elementOf(range.commonAncestorContainer).closest("pre, .message__bubble")) return;
  const content = range.cloneContents();
  if (content.querySelector(`math, ${AROUND}`)) give(event, Object.entries(saidBy(content)));
});
