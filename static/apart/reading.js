// Messages as they are read: times by the reader's clock, and what paper needs before it is printed on.

const ROOM = 600; // pixels across a sheet of paper that are there for a formula
const PRINTED = 14; // pixels that letters are high on paper

// The server writes them by UTC, which browsers without scripts show.
const tellTime = (time) => {
  const [day, hour] = new Date(time.dateTime).toLocaleString("sv", { dateStyle: "short", timeStyle: "short" }).split(" ");
  time.title ||= time.textContent;
  time.textContent = `${day} ${hour}`;
};

const tellTimes = (part) => part.querySelectorAll("time[data-local]").forEach(tellTime);

document.addEventListener("toggle", ({ target }) => target.matches(".receipt") && tellTimes(target), { capture: true });
document.querySelectorAll(".receipt[open]").forEach(tellTimes); // opened before this had come

const bare = (address) => address.trim().replace(/^https?:\/\//, "").replace(/\/$/, "");

// An address that is its own text is printed once.
const markBare = (link) => link.toggleAttribute("data-bare", bare(link.textContent) === bare(link.getAttribute("href")));

// A formula cannot be broken into lines: a wide one is printed smaller.
const fit = (formula) => {
  const wide = (formula.scrollWidth * PRINTED) / parseFloat(getComputedStyle(formula).fontSize);
  formula.style.setProperty("--fit", Math.min(1, ROOM / wide));
};

addEventListener("beforeprint", () => {
  tellTimes(document);
  document.querySelectorAll(".prose a[href^='http']").forEach(markBare);
  document.querySelectorAll(".math-scroll").forEach(fit);
});
