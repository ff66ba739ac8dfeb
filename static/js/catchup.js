// What has changed elsewhere comes when the page is looked at again, and soon after an answer has ended. And the server is told by how
// much the clock here is ahead of UTC, for the days of the list.

const look = () => document.hidden || document.body.dispatchEvent(new Event("look"));

addEventListener("focus", look);
document.addEventListener("visibilitychange", look);
document.addEventListener("done", () => [300, 4000].forEach((delay) => setTimeout(look, delay)));

// A page that is being left isn't loaded again because of what it lacks: that would break off what it is being left for. Where it
// stays after all, as after a download, it is looked at or shown again.
let isLeft = false;
addEventListener("beforeunload", () => (isLeft = true));
for (const type of ["focus", "pageshow"]) addEventListener(type, () => (isLeft = false));
document.addEventListener("htmx:before:response", (event) => isLeft && event.detail.ctx.hx.refresh && event.preventDefault());

// Named as the server names its cookies: behind TLS it sees none without the prefix (webapp/web/cookies.py).
const { pathname } = new URL("..", import.meta.url);
const isSecure = location.protocol === "https:";
const prefix = isSecure ? (pathname === "/" ? "__Host-" : "__Secure-") : "";
const offset = `${prefix}offset=${-new Date().getTimezoneOffset()}`;
if (!document.cookie.split("; ").includes(offset)) addEventListener("load", look); // the list is by another clock
document.cookie = `${offset}; path=${pathname.replace(/(?<=.)\/$/, "")}; max-age=31536000; samesite=lax${isSecure ? "; secure" : ""}`;

// The dialog opens when its content has come.
document.addEventListener("htmx:after:swap", ({ detail }) => {
  const { target } = detail.ctx;
  if (target?.id === "organise" && !target.open) target.showModal();
});
