// Scrolling: the view follows an answer until the reader scrolls up, by whatever means, and again from the end on.

const NEAR = 100; // pixels from the end within which a reader counts as following
const root = document.scrollingElement;
const rest = () => root.scrollHeight - root.scrollTop - root.clientHeight;

let following = true;
let place = root.scrollTop;

const toEnd = () => {
  root.scrollTop = root.scrollHeight;
  place = root.scrollTop;
};

document.addEventListener("scroll", () => {
  const moved = root.scrollTop - place;
  place = root.scrollTop;
  if (moved < 0 && rest() > 1) following = false; // content that shrinks moves the view up, too, but leaves it at the end
  if (moved > 0 && rest() < NEAR) following = true;
}, { passive: true });

document.addEventListener("htmx:after:swap", (event) => {
  if (event.target.id === "composer" || event.target.id === "turns") following = true;
  if (following && getSelection().isCollapsed) toEnd();
});

document.addEventListener("load", (event) => {
  if (event.target.matches?.(".picture img") && following) toEnd();
}, { capture: true });

if (!location.hash && document.getElementById("turns")) toEnd();
