// What is typed into the search box before htmx has come is searched for as soon as it has.

const box = document.getElementById("search");

box?.form.addEventListener("htmx:after:init", () => box.value !== box.defaultValue && box.form.requestSubmit(), {
  once: true,
});
