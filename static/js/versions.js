// When another version takes the place of a message, what stood below goes with it.

document.addEventListener("htmx:before:swap", ({ target, detail }) => {
  const turn = target.matches?.("[data-branch]") && target.closest(".message");
  while (turn && detail.ctx.response.status < 300 && turn.nextElementSibling) turn.nextElementSibling.remove();
});
