// The form at the bottom: grows with its text, sends on Enter, and keeps the text until the server has it.

const ARMED_AFTER = 600; // milliseconds: the second click of a double click on Send falls on Stop, and is not meant for it

const GROWS_BY_ITSELF = CSS.supports("field-sizing", "content");

let draft = ""; // what was typed while a first question was on its way, for the box that comes with the answer

// What is typed and not sent stays with the tab, by the address that the form sends to, where the browser allows that.
// It is its writer's: when somebody else has signed in, it goes. What was being sent while one was signed out goes by
// itself after signing in, once, from the page that comes back.
const stored = (act) => {
  try {
    return act(sessionStorage);
  } catch {
    return null; // no storage, or no room in it
  }
};

class ChatComposer extends HTMLElement {
  #sent = null;
  #sentAt = -Infinity;

  connectedCallback() {
    this.addEventListener("keydown", this.#onKeydown);
    this.addEventListener("click", this.#onClick, { capture: true });
    this.addEventListener("htmx:before:request", this.#onSend);
    this.addEventListener("htmx:finally:request", this.#onAnswer);
    this.addEventListener("input", this.#fit);
    addEventListener("pagehide", this.#onLeave);
    const owner = this.querySelector("[name=owner]")?.value ?? "";
    stored((drafts) => drafts.getItem("owner") === owner || (drafts.clear(), drafts.setItem("owner", owner)));
    this.#text.value ||= draft || stored((drafts) => drafts.getItem(this.#address)) || "";
    stored((drafts) => drafts.removeItem(this.#address));
    draft = "";
    this.#fit();
    this.#sendAnew();
    if (matchMedia("(hover: hover)").matches && !location.hash) this.#text.focus({ preventScroll: true });
  }

  disconnectedCallback() {
    removeEventListener("pagehide", this.#onLeave);
    if (this.#sent !== null) draft = this.#text.value;
  }

  get #text() {
    return this.querySelector("textarea");
  }

  get #address() {
    return this.querySelector("#composer").action;
  }

  #sendAnew() {
    const [to, text, id, model] = JSON.parse(stored((drafts) => drafts.getItem("refused")) ?? "[]");
    if (to !== this.#address) return;
    stored((drafts) => drafts.removeItem("refused"));
    if (text !== this.#text.value) return; // it was changed since
    const form = this.querySelector("#composer");
    form.client_id.value = id;
    if ([...form.model.options].some((option) => option.value === model)) form.model.value = model;
    form.addEventListener("htmx:after:init", () => form.requestSubmit(), { once: true });
  }

  // Firefox and Safari cannot yet make a box as high as its text.
  #fit = () => {
    if (GROWS_BY_ITSELF) return;
    this.#text.style.blockSize = "auto";
    this.#text.style.blockSize = `${this.#text.scrollHeight}px`;
  };

  #onLeave = () => this.#unsent && stored((drafts) => drafts.setItem(this.#address, this.#unsent));

  // What the server is not known to have, in the order in which it was typed.
  get #unsent() {
    return [this.#sent, this.#text.value].filter(Boolean).join("\n");
  }

  #onClick = (event) => {
    const isByPointer = event.detail > 0;
    if (isByPointer && event.target.closest(".composer__stop") && event.timeStamp - this.#sentAt < ARMED_AFTER) {
      event.preventDefault();
      event.stopPropagation();
    }
  };

  // Enter sends and Shift+Enter breaks the line. An input method's Enter chooses a word: Safari reports it after the
  // composition's end, with key code 229. On a touch keyboard Enter is the only way to a new line.
  #onKeydown = (event) => {
    if (event.target !== this.#text || event.key !== "Enter" || event.shiftKey) return;
    if (event.isComposing || event.keyCode === 229) return;
    if (matchMedia("(hover: none)").matches && !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    if (this.#text.value.trim()) event.target.form.requestSubmit();
  };

  #onSend = (event) => {
    if (event.target.id !== "composer") return;
    this.#sent = this.#text.value;
    this.#sentAt = event.timeStamp;
    this.#text.value = "";
    this.#fit();
  };

  // Refused or not arrived: back into the box, before what has been typed since.
  #onAnswer = (event) => {
    if (event.target.id !== "composer" || this.#sent === null) return;
    const { response } = event.detail.ctx;
    if (response?.status === 401) {
      const { client_id, model } = event.target;
      const refused = [this.#address, this.#sent, client_id.value, model.value];
      stored((drafts) => drafts.setItem("refused", JSON.stringify(refused)));
    }
    if (!response || response.status >= 300) this.#text.value = this.#unsent;
    this.#sent = null;
    this.#fit();
  };
}

customElements.define("chat-composer", ChatComposer);
