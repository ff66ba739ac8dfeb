// What has changed elsewhere comes when the page is looked at again, and soon after an answer has ended. And the server is told by how
// much the clock here is ahead of UTC, for the days of the list.

const look = () => document.hidden || document.body.dispatchEvent(new Event("look"));

addEventListener("focus", look);
document.addEventListener("visibilitychange", look);
document.addEventListener("done", () => [300, 4000].forEach((delay) => setTimeout(look, delay)));

const offset = `offset=${-new Date().getTimezoneOffset()}`;
if (!document.cookie.split("; ").includes(offset)) addEventListener("load", look); // the list is by another clock
document.cookie = `${offset}; path=${new URL("..", import.meta.url).pathname}; max-age=31536000; samesite=lax`;

// The dialog opens when its content has come.
document.addEventListener("htmx:after:swap", ({ detail }) => {
  const { target } = detail.ctx;
  if (target?.id === "organise" && !target.open) target.showModal();
});
