// Copies a message: its Markdown, which the server has, or what the page shows of it, for letters and documents.

const SAID_FOR = 2000; // milliseconds

const asBlob = (text, type) => new Blob([text], { type });

// The clipboard takes promises, so that it is still the click that asks for it when the text has come.
const write = (parts) => {
  const items = Object.entries(parts).map(([type, text]) => [type, text.then((words) => asBlob(words, type))]);
  return navigator.clipboard.write([new ClipboardItem(Object.fromEntries(items))]);
};

// Browsers keep their clipboard from pages that came by plain http. The old way copies what an event is given.
const writeByHand = async (parts) => {
  const texts = await Promise.all(Object.entries(parts).map(async ([type, text]) => [type, await text]));
  const give = (event) => {
    event.preventDefault();
    for (const [type, text] of texts) event.clipboardData.setData(type, text);
  };
  document.addEventListener("copy", give, { once: true });
  const isCopied = document.execCommand("copy");
  document.removeEventListener("copy", give);
  if (!isCopied) throw new Error("not copied");
};

const textOf = async (address) => {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${response.status}`);
  return response.text();
};

const partsOf = (link) => {
  if (link.dataset.copy === "text") return { "text/plain": textOf(link.href) };
  const prose = link.closest(".message").querySelector(":scope > .prose").cloneNode(true);
  for (const bar of prose.querySelectorAll(".code__bar")) bar.remove();
  return { "text/html": Promise.resolve(prose.innerHTML), "text/plain": Promise.resolve(prose.innerText) };
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
