// The form at the bottom: grows with its text, sends on Enter, and keeps the text until the server has it.

class ChatComposer extends HTMLElement {
  #sent = null;

  connectedCallback() {
    this.addEventListener("keydown", this.#onKeydown);
    this.addEventListener("htmx:before:request", this.#onSend);
    this.addEventListener("htmx:after:request", this.#onAnswer);
    if (matchMedia("(hover: hover)").matches && !location.hash) this.#text.focus({ preventScroll: true });
  }

  disconnectedCallback() {
    this.removeEventListener("keydown", this.#onKeydown);
    this.removeEventListener("htmx:before:request", this.#onSend);
    this.removeEventListener("htmx:after:request", this.#onAnswer);
  }

  get #text() {
    return this.querySelector("textarea");
  }

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
    if (event.target.id === "composer") this.#sent = this.#text.value;
  };

  // The server has stored what was sent; what has been typed since stays.
  #onAnswer = (event) => {
    const { ctx } = event.detail;
    if (event.target.id !== "composer" || ctx.response.status >= 300) return;
    if (this.#text.value === this.#sent) this.#text.value = "";
    this.#sent = null;
  };
}

customElements.define("chat-composer", ChatComposer);
