// The form at the bottom: grows with its text, sends on Enter, and keeps the text until the server has it.

const ARMED_AFTER = 600; // milliseconds: the second click of a double click on Send falls on Stop, and is not meant for it

const GROWS_BY_ITSELF = CSS.supports("field-sizing", "content");

let sentAt = -Infinity; // when Send was last clicked by a pointer, also for the composer that comes with the answer

let draft = ""; // what was typed while a first question was on its way, for the box that comes with the answer

// What is typed is kept in the browser until the server has it, where the browser allows that: a note for each page, by the address
// that the form sends to. A page that is left says so on its note, and the next at that address takes it over. One that crashed
// cannot: so a page that comes calls all notes of its address left, and after a while takes what nobody alive has taken back.
// Notes are their writer's: when the writer signs out, or somebody else in, they go, and who is still there writes no more.
const HOME = new URL("..", import.meta.url);
const OWNER = `drafts of ${HOME}`;
const NOTE = `draft ${HOME} `;
const MOST = 50;
const PAUSE = 500; // milliseconds between two writings of a short text, and for those who are alive to answer

const stored = (act) => {
  try {
    return act(localStorage);
  } catch {
    return null; // no storage, or no room in it
  }
};

// The newest first. `arriving` is how much of the text was being sent.
const notes = (address = "") => Object.keys(localStorage).filter((key) => key.startsWith(NOTE + address))
  .map((key) => ({ ...JSON.parse(localStorage[key]), key })).sort((one, other) => other.time - one.time);

const forget = ({ key }) => delete localStorage[key];

const forgetAll = () => {
  delete localStorage[OWNER]; // first of all, for those who hear of the others
  delete sessionStorage.refused;
  notes().forEach(forget);
};

document.addEventListener("submit", ({ target }) => target.getAttribute("action")?.endsWith("/logout") && stored(forgetAll));

class ChatComposer extends HTMLElement {
  #key = "";
  #timer = 0;
  #isGone = false;
  #sent = null;
  #arriving = 0;

  connectedCallback() {
    this.addEventListener("keydown", this.#onKeydown);
    this.addEventListener("click", this.#onClick, { capture: true });
    this.addEventListener("submit", this.#onSubmit);
    this.addEventListener("htmx:before:request", this.#onSend);
    this.addEventListener("input", this.#onInput);
    document.addEventListener("htmx:finally:request", this.#onAnswer);
    document.addEventListener("visibilitychange", this.#keep);
    addEventListener("pagehide", this.#leave);
    addEventListener("storage", this.#onStorage);
    this.#key = `${NOTE}${this.#address} ${Math.random()}`;
    this.#isGone = false;
    this.#text.value ||= draft;
    draft = "";
    this.#stored(this.#open);
    this.#fit();
    this.#sendAnew();
    if (matchMedia("(hover: hover)").matches && !location.hash) this.#text.focus({ preventScroll: true });
  }

  // By the answer to a first question, if something was sent: that this has ended is still to be told.
  disconnectedCallback() {
    document.removeEventListener("visibilitychange", this.#keep);
    removeEventListener("pagehide", this.#leave);
    removeEventListener("storage", this.#onStorage);
    this.#leave();
    if (this.#sent === null) document.removeEventListener("htmx:finally:request", this.#onAnswer);
    else draft = this.#text.value;
  }

  get #form() {
    return this.querySelector("#composer");
  }

  get #text() {
    return this.querySelector("textarea");
  }

  get #address() {
    return this.#form.action;
  }

  get #owner() {
    return this.#form.owner?.value ?? "";
  }

  #stored(act) {
    return "forgets" in this.dataset ? null : stored(act);
  }

  #open = () => {
    if (localStorage[OWNER] !== this.#owner) {
      forgetAll();
      localStorage[OWNER] = this.#owner;
    }
    notes().slice(MOST).forEach(forget);
    this.#take();
    if (this.#text.value) return;
    const doubtful = notes(`${this.#address} `);
    for (const note of doubtful) localStorage[note.key] = JSON.stringify({ ...note, isLeft: true });
    if (doubtful[0]) setTimeout(() => this.isConnected && this.#stored(this.#take), PAUSE);
  };

  // A text that the page brings wins; a note that says the same is taken for it. What the last question says has arrived.
  #take = () => {
    const box = this.#text;
    const found = notes(`${this.#address} `).find(({ isLeft, text }) => isLeft && (!box.value || text === box.value));
    if (found) {
      const { arriving, text } = found;
      const asked = [...document.querySelectorAll(".message--user .message__bubble")].at(-1)?.textContent.trim();
      box.value = arriving && text.slice(0, arriving).trim() === asked ? text.slice(arriving).replace("\n", "") : text;
      this.#fit();
    }
    if (this.#write() && found) forget(found);
  };

  #write(isLeft = false) {
    clearTimeout(this.#timer);
    this.#timer = 0;
    const note = { time: Date.now(), isLeft, arriving: this.#arriving, text: this.#unsent };
    return this.#stored(() => {
      if (this.#isGone || localStorage[OWNER] !== this.#owner) return false;
      if (note.text) localStorage[this.#key] = JSON.stringify(note);
      else delete localStorage[this.#key];
      return true;
    });
  }

  // What the server is not known to have, in the order in which it was typed.
  get #unsent() {
    return [this.#sent, this.#text.value].filter(Boolean).join("\n");
  }

  #keep = () => this.#write();

  // What comes after, as the failure of what was on its way, tells nothing.
  #leave = () => {
    this.#write(true);
    this.#isGone = true;
  };

  #onStorage = ({ key }) => key === this.#key && this.#keep();

  // The longer a text, the longer it takes to write.
  #onInput = () => {
    this.#fit();
    this.#isGone = false;
    this.#timer ||= setTimeout(this.#keep, PAUSE + this.#text.textLength / 100);
  };

  // What was being sent while one was signed out goes by itself after signing in, once, from the page that comes back.
  #sendAnew() {
    const [to, text, id, model, persona] = this.#stored(() => JSON.parse(sessionStorage.refused)) ?? [];
    this.#stored(() => delete sessionStorage.refused);
    if (to !== this.#address || text !== this.#text.value) return; // it was changed since
    const form = this.#form;
    form.client_id.value = id;
    if (form.persona) form.persona.value = persona;
    if ([...form.model.options].some((option) => option.value === model)) form.model.value = model;
    form.addEventListener("htmx:after:init", () => form.requestSubmit(), { once: true });
  }

  // Firefox and Safari cannot yet make a box as high as its text.
  #fit = () => {
    if (GROWS_BY_ITSELF) return;
    this.#text.style.blockSize = "auto";
    this.#text.style.blockSize = `${this.#text.scrollHeight}px`;
  };

  #onClick = (event) => {
    if (event.detail === 0) return; // by keyboard
    if (event.target.closest(".composer__send")) sentAt = event.timeStamp;
    if (!event.target.closest(".composer__stop") || event.timeStamp - sentAt >= ARMED_AFTER) return;
    event.preventDefault();
    event.stopPropagation();
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

  // A form without htmx is answered by the next page.
  #onSubmit = ({ target }) => {
    if (target === this.#form && !target.hasAttribute("hx-post")) this.#arriving = this.#text.textLength;
  };

  #onSend = (event) => {
    if (event.target !== this.#form) return;
    this.#sent = this.#text.value;
    this.#arriving = this.#sent.length;
    this.#text.value = "";
    this.#keep();
    this.#fit();
  };

  // Refused or not arrived: back into the box, before what has been typed since.
  #onAnswer = ({ detail: { ctx } }) => {
    const form = this.#form;
    if (ctx.request.form !== form || this.#sent === null) return;
    const status = ctx.response?.status ?? 0;
    const hasArrived = status >= 200 && status < 300;
    if (status === 401) {
      const refused = () => [this.#address, this.#sent, form.client_id.value, form.model.value, form.persona?.value];
      this.#stored(() => (sessionStorage.refused = JSON.stringify(refused())));
    }
    if (!hasArrived) this.#text.value = this.#unsent;
    if (!this.isConnected) document.removeEventListener("htmx:finally:request", this.#onAnswer);
    if (hasArrived && !this.isConnected) stored(() => forget({ key: this.#key }));
    this.#sent = null;
    this.#arriving = 0;
    this.#keep();
    this.#fit();
  };
}

customElements.define("chat-composer", ChatComposer);
