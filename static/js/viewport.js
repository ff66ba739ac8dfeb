// iOS lays its keyboard over the page, so the box moves up by its height. Elsewhere the page becomes shorter.

const view = window.visualViewport;

const measure = () => {
  const covered = view.scale > 1 ? 0 : innerHeight - view.height - view.offsetTop; // fingers that zoom are no keyboard
  document.documentElement.style.setProperty("--keyboard", `${Math.max(0, covered)}px`);
};

view?.addEventListener("resize", measure);
view?.addEventListener("scroll", measure);
