// The policy by which htmx alone may turn what our server sent into elements. Nothing becomes a script by it, and no text is run as code.

const refuse = () => {
  throw new TypeError("Nothing is run that has come as text.");
};

htmx.registerExtension("trust", {
  init: (api) => {
    const rules = { createHTML: (html) => html, createScript: () => "" };
    api.initSecurity(self.trustedTypes?.createPolicy("htmx", rules) ?? rules, refuse, refuse);
  },
});
