// A block of Mermaid as the diagram that it describes, drawn in a frame that can reach nothing; the source stays at hand.

const TALLEST = 1600; // pixels; what is higher scrolls in its frame
const PATIENCE = 2000; // milliseconds for the frame's scripts to speak after it has loaded
const BROKEN = "This cannot be drawn: its source has a mistake, or is too long.";

const ready = new WeakSet(); // frames whose scripts have spoken

// As the page is, whether the reader or the system has chosen it.
const isDark = () => {
  const theme = document.documentElement.dataset.theme;
  return theme === "dark" || (theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
};

const show = (block, isShown) => {
  block.querySelectorAll(".code__frame, .code__problem").forEach((part) => part.remove());
  block.toggleAttribute("data-diagram", isShown);
  block.querySelector(".code__diagram").setAttribute("aria-pressed", isShown);
};

const complain = (block) => {
  show(block, false);
  const line = document.createElement("p");
  line.className = "code__problem";
  line.textContent = document.getElementById("spoken").textContent = BROKEN;
  block.append(line);
};

const draw = (block) => {
  show(block, true);
  const frame = document.createElement("iframe");
  frame.className = "code__frame";
  frame.title = "Diagram";
  frame.setAttribute("sandbox", "allow-scripts");
  frame.src = new URL("../diagram", import.meta.url);
  frame.onload = () => setTimeout(() => frame.isConnected && !ready.has(frame) && complain(block), PATIENCE);
  block.append(frame);
};

document.addEventListener("click", (event) => {
  const block = event.target.closest(".code__diagram")?.closest(".code");
  if (!block) return;
  if (block.hasAttribute("data-diagram")) show(block, false);
  else draw(block);
});

// The frame has no origin to be known by: the window that speaks is what tells it from any other.
addEventListener("message", ({ source, data }) => {
  const frame = [...document.querySelectorAll(".code__frame")].find((one) => one.contentWindow === source);
  const block = frame?.closest(".code");
  if (!block) return;
  ready.add(frame);
  if (data?.isReady) source.postMessage({ source: block.querySelector("code").textContent, isDark: isDark() }, "*");
  else if (data?.height > 0) frame.style.blockSize = `${Math.min(data.height, TALLEST)}px`;
  else complain(block);
});
