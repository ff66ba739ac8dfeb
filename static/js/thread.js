// Scrolling: a new question goes to the top of the view, and the view follows the answer for as long as the reader does.

const NEAR = 100; // pixels from the end within which a reader counts as following

const atEnd = () => {
  const root = document.scrollingElement;
  return root.scrollHeight - root.scrollTop - root.clientHeight < NEAR;
};
const toEnd = () => {
  document.scrollingElement.scrollTop = document.scrollingElement.scrollHeight;
};

let following = true;

for (const type of ["wheel", "touchmove", "keydown"]) {
  document.addEventListener(type, () => requestAnimationFrame(() => (following = atEnd())), { passive: true });
}
document.addEventListener("scroll", () => { if (atEnd()) following = true; }, { passive: true });

document.addEventListener("htmx:after:swap", (event) => {
  if (event.target.id === "composer" || event.target.id === "turns") following = true;
  if (following) toEnd();
});

if (!location.hash && document.getElementById("turns")) toEnd();
