// Passkeys: asks the server for a question, has the device answer it, and sends the answer as an ordinary form. Without
// this script, or where the browser or the address knows no passkeys, the parts of pages about them stay hidden, and
// the mailed code and the authenticator app do the same.
const isAble = typeof window.PublicKeyCredential?.parseRequestOptionsFromJSON === "function";

async function ask(form) {
  const answer = await fetch(form.dataset.options, { method: "POST", body: new FormData(form) });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  const question = await answer.json();
  return form.dataset.passkey === "create"
    ? navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(question) })
    : navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(question) });
}

async function answer(form) {
  const button = form.querySelector("button"), said = form.querySelector("[role=status]");
  button.disabled = true;
  said.textContent = "";
  try {
    form.elements.credential.value = JSON.stringify(await ask(form));
    form.submit();
  } catch (problem) {
    // InvalidStateError: this device holds a passkey for the account already
    said.textContent = problem.name === "InvalidStateError" ? form.dataset.known : form.dataset.stopped;
    button.disabled = false;
    button.focus();
  }
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!isAble || window.location.origin !== form.dataset.origin) continue;
  form.closest("[data-passkeys-only]").hidden = false;
  for (const instead of document.querySelectorAll("[data-without-passkeys]")) instead.hidden = true;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    answer(form);
  });
}
