// The button that leads to the end: there while text stands below the view.

let isDue = false;

const update = () => {
  isDue = false;
  const button = document.getElementById("newer");
  const last = document.getElementById("turns")?.lastElementChild; // a selector would go through all of a long answer
  const end = [...(last?.children ?? [])].find((part) => part.matches(".message__wait, .message__footer"));
  if (!button) return;
  const box = button.parentElement.getBoundingClientRect();
  button.hidden = !end || end.getBoundingClientRect().top < Math.min(box.top, innerHeight);
};

const updateSoon = () => {
  if (!isDue) requestAnimationFrame(update);
  isDue = true;
};

document.addEventListener("scroll", updateSoon, { passive: true });
document.addEventListener("toggle", updateSoon, { capture: true });
document.addEventListener("changed", update);
addEventListener("resize", updateSoon);
updateSoon();

document.addEventListener("click", (event) => {
  if (event.target.closest?.("#newer") && matchMedia("(hover: hover)").matches) {
    document.getElementById("message").focus({ preventScroll: true });
  }
});
