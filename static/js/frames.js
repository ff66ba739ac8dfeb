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

document.addEventListener("htmx:sse:before:message", (event) => {
  const { message } = event.detail;
  if (message.event || message.id === "whole") return; // what acts is htmx's to put
  event.preventDefault();
  template.innerHTML = policy.createHTML(message.data.replace(tag, "<$1template"));
  for (const partial of template.content.children) put(partial);
  template.replaceChildren();
  tellSoon();
});
