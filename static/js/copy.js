// What a message says, copied: the module that does it comes when it is asked for.

document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("[data-copy]");
  if (!link) return;
  event.preventDefault();
  (await import(document.getElementById("turns").dataset.copying)).copyMessage(link);
});
