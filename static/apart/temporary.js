// A chat that only this page has. An answer that is stopped, or whose connection breaks, is kept here as far as it came; and when
// nothing was asked for an hour, the page forgets all of it.

const LIFETIME = 3600_000; // milliseconds

const form = document.getElementById("composer");
const turns = document.getElementById("turns");
const said = document.getElementById("said");

let asked = "";
let forgetsAt;

const keepOn = () => (forgetsAt = Date.now() + LIFETIME);

// Not by one long timer: those stand still while a device sleeps.
const look = () => {
  if (Date.now() > forgetsAt && (turns.children.length || said.children.length)) location.replace(form.action);
};

const keep = (text) => {
  const field = document.createElement("input");
  Object.assign(field, { type: "hidden", name: "said", value: text, autocomplete: "off" });
  said.append(field);
};

const endOf = (answer, sentence) => {
  answer.removeAttribute("aria-busy");
  answer.querySelector(".message__wait").textContent = sentence;
  document.getElementById("spoken").textContent = sentence;
  document.getElementById("stop-slot").replaceChildren();
};

let isStopped = false;

document.addEventListener("htmx:before:request", ({ target, detail }) => {
  if (target !== form) return;
  asked = detail.ctx.request.body.get("message");
  isStopped = false;
  keepOn();
});

document.getElementById("stop-slot").addEventListener("click", () => {
  isStopped = true;
  form.dispatchEvent(new Event("htmx:abort"));
});

// Where the server has said how the answer ended, nothing is busy any more.
document.addEventListener("htmx:finally:request", ({ target }) => {
  const answer = turns.querySelector("[aria-busy]");
  if (target !== form || !answer) return;
  const text = document.getElementById(`${answer.id}-source`).textContent.trim();
  keep(asked);
  keep(text);
  endOf(answer, isStopped ? "Stopped." : "The connection broke; this is what had come.");
  keepOn();
});

keepOn();
setInterval(look, 10_000);
document.addEventListener("visibilitychange", look);
