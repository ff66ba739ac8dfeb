// What is chosen under Appearance shows at once; the form itself tells the server.

document.addEventListener("change", (event) => {
  const form = event.target.closest?.(".appearance");
  if (!form) return;
  const chosen = Object.fromEntries(new FormData(form));
  Object.assign(document.documentElement.dataset, chosen);
  for (const meta of document.querySelectorAll("meta[data-scheme]")) {
    const { scheme } = meta.dataset;
    const always = scheme === chosen.theme ? "all" : "not all";
    meta.media = chosen.theme === "system" ? `(prefers-color-scheme: ${scheme})` : always;
  }
});
