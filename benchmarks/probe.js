// What a page notes about itself while it is measured: when each stamp was shown, when Enter was pressed, what moved.
(() => {
  const SPAN = 36 ** 5;
  const probe = { shown: [], entered: 0, shifts: 0, longest: 0 };
  let fresh = [];
  let last = null;

  function look() {
    const now = performance.timeOrigin + performance.now();
    for (const node of fresh) {
      for (const [, digits] of (node.textContent ?? "").matchAll(/Z([0-9A-Z]{5})/g)) {
        const sent = parseInt(digits, 36);
        const later = last === null ? 1 : (sent - last + SPAN) % SPAN;
        if (later > 0 && later < SPAN / 2) {
          last = sent;
          probe.shown.push([sent, now]);
        }
      }
    }
    fresh = [];
  }

  new MutationObserver((records) => {
    if (!fresh.length) requestAnimationFrame(look);
    for (const record of records) fresh.push(...record.addedNodes);
  }).observe(document, { childList: true, subtree: true });
  addEventListener("keydown", (event) => {
    if (event.key === "Enter") probe.entered = performance.timeOrigin + event.timeStamp;
  }, true);
  // The line below a growing answer goes before its text, as it is to. What a node is part of counts; one without a node is its dots.
  const isText = ({ node }) => node && !(node.closest ? node : node.parentElement)?.closest(".message__wait");
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (!entry.hadRecentInput && entry.sources.some(isText)) probe.shifts += entry.value;
    }
  }).observe({ type: "layout-shift", buffered: true });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) probe.longest = Math.max(probe.longest, entry.duration);
  }).observe({ type: "longtask", buffered: true });
  window.probe = probe;
})();
