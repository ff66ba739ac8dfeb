// Turns that come as one scrolls: what asks for them is the link to them, when it is near. A busy browser can take it for near in its
// very first look, before it has scrolled the page to its end; then nothing is asked for. Such a browser says nothing more if the page
// is at the link by its next look, so what was refused is looked at again with each scroll.

const NEAR = 1600; // pixels above and below the view: a little more than the margin that the links name
const refused = new Set();

function isNear(link) {
  const { top, bottom } = link.getBoundingClientRect();
  return bottom >= -NEAR && top <= innerHeight + NEAR;
}

document.addEventListener("htmx:before:request", (event) => {
  const { sourceElement, sourceEvent } = event.detail.ctx;
  if (sourceEvent?.type !== "intersect") return;
  if (isNear(sourceElement) && !sourceElement.contains(document.activeElement)) return; // who has the focus on it may press it
  event.preventDefault();
  refused.add(sourceElement);
});

addEventListener("scroll", () => {
  for (const link of refused) {
    if (link.isConnected && !isNear(link)) continue;
    refused.delete(link);
    if (link.isConnected) link.dispatchEvent(new Event("intersect"));
  }
}, { passive: true });
