// What is only needed where there are messages comes with the first of them: how they are copied and printed, and their times.

const modules = () => {
  const { copying, reading } = document.getElementById("turns").dataset;
  return Promise.all([import(copying), import(reading)]);
};

const prepare = () => document.getElementById("turns")?.firstElementChild && modules();

document.addEventListener("htmx:after:swap", prepare);
prepare();

document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("[data-copy]");
  if (!link) return;
  event.preventDefault();
  const [{ copyMessage }] = await modules();
  copyMessage(link);
});
