// What to say when no answer of ours comes: the network is away, or a proxy answers in the server's place.

const UNREACHABLE = "The server cannot be reached. Your text is kept; try again in a moment.";

const say = (sentence) => {
  const notice = document.getElementById("notice");
  if (!notice) return;
  const line = document.createElement("p");
  line.className = "refusal";
  line.textContent = sentence;
  notice.replaceChildren(line);
};

document.addEventListener("htmx:finally:request", (event) => {
  const { ctx } = event.detail;
  if (ctx.request.method !== "POST") return;
  const explained = document.querySelector("#notice .refusal");
  if (!ctx.response || (ctx.response.status >= 400 && !explained)) say(UNREACHABLE);
});
