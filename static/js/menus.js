// Menus made of <details>: they close on Escape, when something else is clicked, and when the focus goes elsewhere.

const openMenus = () => document.querySelectorAll("details.menu[open]");

const closeAround = (target) => {
  for (const menu of openMenus()) {
    if (!menu.contains(target)) menu.open = false;
  }
};

document.addEventListener("click", (event) => closeAround(event.target));
document.addEventListener("focusin", (event) => closeAround(event.target));

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of openMenus()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
