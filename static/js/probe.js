// <stream-probe src>: reads a short stream and shows the outcome that fits, of those that it has. A stream that something on
// the way holds back comes all at once.

class StreamProbe extends HTMLElement {
  #leaving = new AbortController();

  async connectedCallback() {
    const arrivals = await this.#arrivals().catch(() => []);
    if (arrivals.length) this.#show(arrivals.at(-1) - arrivals[0] > 400 ? "good" : "bad"); // of 800 ms that it takes
  }

  disconnectedCallback() {
    this.#leaving.abort();
  }

  async #arrivals() {
    const response = await fetch(this.getAttribute("src"), { cache: "no-store", signal: this.#leaving.signal });
    if (!response.ok) return [];
    const reader = response.body.getReader();
    const arrivals = [];
    while (!(await reader.read()).done) arrivals.push(performance.now());
    return arrivals;
  }

  #show(outcome) {
    for (const one of this.querySelectorAll("[data-outcome]")) one.hidden = one.dataset.outcome !== outcome;
  }
}

customElements.define("stream-probe", StreamProbe);
