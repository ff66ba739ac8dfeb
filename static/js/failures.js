// What to say when no answer of ours comes: the network is away, or a proxy answers in the server's place.

const UNREACHABLE = "The server cannot be reached. Try again in a moment.";
const TEXT_IS_KEPT = "The server cannot be reached. Your text is kept; try again in a moment.";
const RETRY_DELAY = 2000; // milliseconds
const CONNECTION_LOST = "The connection is lost. Trying again …";

const say = (sentence, form) => {
  const notice = form.querySelector(".refusals") ?? document.getElementById("notice");
  if (!notice) return;
  const line = document.createElement("p");
  line.className = "refusal";
  line.textContent = sentence;
  notice.replaceChildren(line);
};

document.addEventListener("htmx:finally:request", (event) => {
  const { ctx } = event.detail;
  if (ctx.request.method !== "POST") return;
  const explained = document.querySelector(".refusal");
  if (ctx.response && (ctx.response.status < 400 || explained)) return;
  say(event.target.id === "composer" ? TEXT_IS_KEPT : UNREACHABLE, event.target);
});

addEventListener("online", () => document.getElementById("notice")?.replaceChildren());

const tellReader = (event) => {
  const notice = event.target.closest?.(".message")?.querySelector(".message__wait");
  if (notice) notice.textContent = CONNECTION_LOST;
};

// The first frame of the next connection says again what the answer is at.
document.addEventListener("htmx:sse:error", tellReader);

// The extension tries again by itself, but for the very first connection: that one is begun anew here.
const beginAnew = (event) => {
  const stream = event.target;
  if (!stream.matches?.("[hx-sse\\:connect]")) return;
  tellReader(event);
  setTimeout(() => stream.isConnected && htmx.process(stream, true), RETRY_DELAY);
};

document.addEventListener("htmx:error", beginAnew);
document.addEventListener("htmx:response:error", beginAnew);
