// Where the view is. A question that is sent goes to the top, and its answer is read from there at one's own pace. Whoever goes
// to the end is following: the view goes along with what comes, until the reader turns back, by whatever means, or selects, or opens a
// message's menu, which would move away from under the pointer.

const NEAR = 100; // pixels from the end within which a reader counts as being there
const SHOWN = 0.4; // of the view, at most, is for a long question: its answer is to begin in sight
const SENDS = /\/(c|messages|retry|continue|edit|temporary)$/; // the ends of the addresses that make an answer grow
const MORE = /\/c\/[^/?]+\?after=/; // the address of later messages, which stand below the view
const BACK = ["ArrowUp", "PageUp", "Home"];

const root = document.scrollingElement;
const rest = () => root.scrollHeight - root.scrollTop - root.clientHeight;

// A page without a box is there to be read, and later messages go on from others: both begin at their beginning.
const isRead = !document.querySelector(".composer") || new URLSearchParams(location.search).has("after");

let following = !location.hash && !isRead;
let place = root.scrollTop;

const moveTo = (top) => {
  root.scrollTop = top;
  place = root.scrollTop;
};

const toEnd = () => document.getElementById("turns") && moveTo(root.scrollHeight);

const topOf = (element) => element.getBoundingClientRect().top;

// The last turn is made so high that its question can stand at the top from the first moment, and keeps that height.
const toQuestion = () => {
  const turns = document.getElementById("turns");
  const question = [...turns.querySelectorAll(".message--user")].at(-1);
  turns.style.removeProperty("--taken");
  const longest = question.offsetHeight - SHOWN * root.clientHeight;
  const ahead = topOf(question) + Math.max(-parseFloat(getComputedStyle(question).scrollMarginTop), longest);
  const above = topOf(turns.lastElementChild) - ahead;
  const below = parseFloat(getComputedStyle(turns.parentElement).paddingBottom) + document.querySelector(".composer").offsetHeight;
  turns.style.setProperty("--taken", `${above + below}px`);
  moveTo(root.scrollTop + ahead);
};

const letGo = () => (following = false);

document.addEventListener("scroll", () => {
  const moved = root.scrollTop - place;
  place = root.scrollTop;
  if (moved < 0 && rest() > 1) letGo(); // content that shrinks moves the view up, too, but leaves it at the end
  if (moved > 0 && rest() < NEAR) following = true;
}, { passive: true });

// A frame that comes between a turn of the wheel and the scroll that it makes would undo the scroll.
document.addEventListener("wheel", ({ deltaY, target }) => {
  if (deltaY < 0 && !target.closest?.("nav, textarea, .reasoning__text")) letGo();
}, { passive: true });

// A finger that has moved nothing by the time it is lifted was not meant to.
let wasFollowing = false;
document.addEventListener("touchmove", () => {
  wasFollowing ||= following;
  letGo();
}, { passive: true });
document.addEventListener("touchend", () => {
  if (wasFollowing && rest() <= 1) following = true;
  wasFollowing = false;
});

document.addEventListener("keydown", ({ key, shiftKey, target }) => {
  const isBack = BACK.includes(key) || (key === " " && shiftKey);
  if (isBack && !target.closest?.("input, select, textarea")) letGo();
});

// Before newer.js asks where the end is: otherwise its button would be there for a frame.
document.addEventListener("changed", () => {
  if (!getSelection().isCollapsed || document.querySelector(".actions:popover-open")) letGo();
  if (following) toEnd();
}, { capture: true });

let sent = null; // the last send: an answer that comes with the response to it is swapped in more than once

document.addEventListener("htmx:after:swap", (event) => {
  const { ctx } = event.detail;
  const { request, response } = ctx;
  const isSend = ctx !== sent && request.method === "POST" && response?.status < 300 && SENDS.test(request.action);
  if (isSend) sent = ctx;
  const isContinued = isSend && request.action.endsWith("/continue");
  const isMore = MORE.test(request.action); // it stands below the view
  if (isMore) letGo();
  if (isSend) following = isContinued;
  if (isSend && !isContinued) toQuestion();
});

document.addEventListener("load", (event) => {
  if (event.target.matches?.(".picture img") && following) toEnd();
}, { capture: true });

document.addEventListener("click", (event) => {
  if (!event.target.closest?.("#newer")) return;
  following = true;
  toEnd();
});

if (!isRead && document.querySelector("[aria-busy]")) history.scrollRestoration = "manual"; // what grows is read from its end
if (following) toEnd();
