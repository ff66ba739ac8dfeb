// The form at the bottom: grows with its text, sends on Enter, and keeps the text until the server has it.

const ARMED_AFTER = 600; // milliseconds: the second click of a double click on Send falls on Stop, and is not meant for it

let draft = ""; // what was typed while a first question was on its way, for the box that comes with the answer

class ChatComposer extends HTMLElement {
  #sent = null;
  #sentAt = -Infinity;

  connectedCallback() {
    this.addEventListener("keydown", this.#onKeydown);
    this.addEventListener("click", this.#onClick, { capture: true });
    this.addEventListener("htmx:before:request", this.#onSend);
    this.addEventListener("htmx:finally:request", this.#onAnswer);
    if (draft) this.#text.value = draft;
    draft = "";
    if (matchMedia("(hover: hover)").matches && !location.hash) this.#text.focus({ preventScroll: true });
  }

  disconnectedCallback() {
    if (this.#sent !== null) draft = this.#text.value;
  }

  get #text() {
    return this.querySelector("textarea");
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
  };

  // Refused or not arrived: back into the box, before what has been typed since.
  #onAnswer = (event) => {
    if (event.target.id !== "composer" || this.#sent === null) return;
    const { response } = event.detail.ctx;
    if (!response || response.status >= 300) this.#text.value = [this.#sent, this.#text.value].filter(Boolean).join("\n");
    this.#sent = null;
  };
}

customElements.define("chat-composer", ChatComposer);
