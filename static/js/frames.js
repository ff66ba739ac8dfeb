// The frames of a growing answer, put in their places as htmx would put them, at a third of its work: they come thirty times a second
// and hold nothing that acts. Then "changed" is told, once for all that came since the page was drawn last.

const tag = /<(\/?)hx-partial\b/g; // in a template, where rows of a table may stand by themselves
const template = document.createElement("template");
const rules = { createHTML: (html) => html };
const policy = self.trustedTypes?.createPolicy("frames", rules) ?? rules; // the server has made it safe

const put = (partial) => {
  const target = document.querySelector(partial.getAttribute("hx-target"));
  if (partial.getAttribute("hx-swap") === "beforeend") target?.append(partial.content);
  else target?.replaceChildren(partial.content);
};

let isDue = false;

const tell = () => {
  isDue = false;
  document.dispatchEvent(new Event("changed"));
};

// What is where is known when the page is laid out: whoever asks does so just before it is drawn, and the page is laid out once.
const tellSoon = () => {
  if (!isDue) requestAnimationFrame(tell);
  isDue = true;
};

document.addEventListener("htmx:after:swap", tellSoon);

const place = (frame) => {
  template.innerHTML = policy.createHTML(frame.replace(tag, "<$1template"));
  for (const partial of template.content.children) put(partial);
  template.replaceChildren();
  tellSoon();
};

// A click needs a button that is still there when the pointer comes up: while one is pressed among the messages, frames wait. Not under
// a finger, whose tap is one moment.
let waiting = null;

const release = () => {
  const frames = waiting ?? [];
  waiting = null;
  frames.forEach(place);
};

const releaseSoon = () => waiting && setTimeout(release); // after the click

document.addEventListener("pointerdown", ({ button, pointerType, target }) => {
  if (button === 0 && pointerType !== "touch" && target.closest("#turns")) waiting ??= [];
});
for (const type of ["pointerup", "pointercancel", "contextmenu"]) addEventListener(type, releaseSoon);
addEventListener("pointermove", ({ buttons }) => buttons === 0 && releaseSoon(), { passive: true }); // it came up elsewhere

document.addEventListener("htmx:sse:before:message", (event) => {
  const { message } = event.detail;
  if (message.event || message.id === "whole") return release(); // what acts is htmx's to put
  event.preventDefault();
  if (waiting) waiting.push(message.data);
  else place(message.data);
});
