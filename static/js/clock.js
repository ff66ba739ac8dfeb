// <passing-time from="12">12 s</passing-time>: counts on from what the server said, by one timer for all on the page. What the
// client's clock shows does not matter.

class PassingTime extends HTMLElement {
  static #shown = new Set();
  static #timer;
  #began;

  connectedCallback() {
    this.#began = performance.now() - 1000 * this.getAttribute("from");
    PassingTime.#shown.add(this);
    PassingTime.#timer ??= setInterval(() => PassingTime.#shown.forEach((one) => one.#show()), 1000);
  }

  disconnectedCallback() {
    PassingTime.#shown.delete(this);
    if (PassingTime.#shown.size) return;
    clearInterval(PassingTime.#timer);
    PassingTime.#timer = undefined;
  }

  #show() {
    const seconds = Math.floor((performance.now() - this.#began) / 1000);
    this.textContent = seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  }
}

customElements.define("passing-time", PassingTime);
