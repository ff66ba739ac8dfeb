// Asks the browser's devices for a passkey, and posts what they answer with the form that the question stands in.
// The question comes with the page; where a browser cannot do this, or its user did not, the form says so.

const form = document.querySelector("form[data-passkey]");
const trouble = form.querySelector("[role=alert]");

async function answer() {
  const options = JSON.parse(form.dataset.options);
  if (form.dataset.passkey === "create") {
    return navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) });
  }
  return navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
}

async function ask() {
  trouble.hidden = true;
  try {
    form.elements.credential.value = JSON.stringify(await answer());
    form.submit();
  } catch (error) {
    trouble.textContent = trouble.dataset[error.name.toLowerCase()] ?? trouble.dataset.otherwise;
    trouble.hidden = false;
  }
}

if (window.PublicKeyCredential?.parseCreationOptionsFromJSON) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask();
  });
  ask();
} else {
  trouble.textContent = trouble.dataset.unknown;
  trouble.hidden = false;
}
