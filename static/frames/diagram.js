// Inside the frame of a diagram: draws the source that the page sends, once, and tells how high it has become.

const LONGEST = 20000; // characters
const SMALLEST = 0.6; // of its natural size: below that a drawing scrolls

const configuration = (isDark) => ({
  startOnLoad: false,
  securityLevel: "strict",
  htmlLabels: false,
  flowchart: { htmlLabels: false },
  suppressErrorRendering: true,
  maxTextSize: LONGEST,
  maxEdges: 300,
  look: "classic",
  theme: isDark ? "dark" : "neutral",
  fontFamily: "ui-sans-serif, system-ui, sans-serif",
  // What a diagram may not change by itself.
  secure: [
    ...["secure", "securityLevel", "startOnLoad", "maxTextSize", "maxEdges", "suppressErrorRendering"],
    ...["htmlLabels", "flowchart", "look", "theme", "themeCSS", "themeVariables", "fontFamily", "dompurifyConfig"],
  ],
});

const draw = async ({ source, isDark }) => {
  if (source.length > LONGEST) throw new RangeError("too long");
  mermaid.initialize(configuration(isDark));
  const { svg } = await mermaid.render("diagram", source);
  const drawing = document.getElementById("drawing");
  drawing.innerHTML = svg;
  for (const link of drawing.querySelectorAll("a")) link.replaceWith(...link.childNodes); // it would end the drawing
  drawing.firstChild.style.minWidth = `${SMALLEST * parseFloat(drawing.firstChild.style.maxWidth)}px`;
  drawing.firstChild.style.marginInline = "auto";
  drawing.firstChild.style.display = "block";
  return document.documentElement.scrollHeight;
};

document.body.style.margin = "0 1rem 1rem";

addEventListener("message", (event) => {
  if (event.source !== parent) return;
  draw(event.data).then(
    (height) => parent.postMessage({ height }, "*"),
    () => parent.postMessage({ height: null }, "*"),
  );
});

parent.postMessage({ isReady: true }, "*");
