// Comfort on the page of one item: every choice is saved as it is made, and the page says what is saved and what is
// not. Nothing here is needed: without it the button saves. "Saved" is said only after the server has committed.
const form = document.getElementById("sitting");
const status = document.getElementById("saved");
const draft = form.dataset.draft;
const RETRY_MILLISECONDS = 3000;
const PATIENCE_MILLISECONDS = 4000; // a request that hangs counts as no connection; sent again, it changes nothing

let pending = null; // the newest choice that the server has not acknowledged
let sending = false;
let handsIn = false; // the form's own button carries the choice itself
let waiting = null; // the button pressed while something was unsaved; it goes on once that is saved
let line = new AbortController();

const field = (name) => form.elements.namedItem(name);

function chosenValue() {
  const chosen = new FormData(form);
  const options = chosen.get("options");
  if (options === null) {
    const answer = chosen.get("answer");
    return answer === null || answer === "did-not-arise" ? answer : Number(answer);
  }
  return Array.from({ length: Number(options) }, (_, option) => {
    const rating = chosen.get(`rating-${option}`);
    return rating === null ? null : Number(rating);
  });
}

function showValue(value) {
  const named = Array.isArray(value) ? value.map((one, option) => [`rating-${option}`, one]) : [["answer", value]];
  for (const [name, one] of named) if (one !== null && field(name)) field(name).value = String(one);
}

// What is not acknowledged outlives a reload: a choice shown again but never sent again would be lost unseen.
function hold(choice) {
  pending = choice;
  try {
    if (choice === null) window.sessionStorage.removeItem(draft);
    else window.sessionStorage.setItem(draft, JSON.stringify(choice));
  } catch {
    // no storage in this browser: the choice waits in this page alone
  }
}

function heldBefore() {
  try {
    const former = Object.keys(window.sessionStorage).filter((key) => key.startsWith("/sittings/") && key !== draft);
    former.forEach((key) => window.sessionStorage.removeItem(key));
    return JSON.parse(window.sessionStorage.getItem(draft));
  } catch {
    return null;
  }
}

function say(text, state) {
  status.dataset.state = state;
  status.textContent = (state === "saved" ? "✓ " : "") + text;
}

async function send() {
  if (sending || handsIn || pending === null) return;
  sending = true;
  const sent = pending;
  line = new AbortController();
  const patience = window.setTimeout(() => line.abort(), PATIENCE_MILLISECONDS);
  try {
    const answer = await fetch(draft, {
      method: "POST",
      signal: line.signal,
      keepalive: true, // a page closed at once still hands its answer in
      headers: {
        "Content-Type": "application/json",
        Accept: "application/json",
        "X-CSRFToken": field("csrf_token").value,
      },
      body: JSON.stringify(sent),
    });
    if (answer.ok) acknowledge(await answer.json(), sent);
    else if (answer.status >= 500 || answer.status === 429) tryAgainLater();
    else {
      hold(null);
      waiting = null;
      say(answer.status === 409 ? form.dataset.elsewhere : form.dataset.refused, "unsaved");
    }
  } catch {
    tryAgainLater();
  } finally {
    window.clearTimeout(patience);
    sending = false;
    if (pending !== null && pending !== sent) send();
  }
}

function acknowledge(kept, sent) {
  if (pending === sent || kept.superseded) hold(null);
  if (kept.superseded) {
    waiting = null;
    say(form.dataset.elsewhere, "unsaved");
  } else if (pending === null) {
    say(`${form.dataset.saved} ${kept.received_at.slice(11, 19)} UTC`, "saved");
    goOn();
  }
}

function tryAgainLater() {
  if (handsIn) return;
  say(waiting === null ? form.dataset.offline : form.dataset.waiting, "unsaved");
  window.setTimeout(send, RETRY_MILLISECONDS);
}

// A form sent without a connection would end on the browser's own page of errors, and the choice with it.
function goOn() {
  const button = waiting;
  waiting = null;
  if (button !== null) form.requestSubmit(button);
}

function keep(choice) {
  field("client_sequence").value = String(choice.client_sequence + 1); // the button's own write is newer than any draft
  hold(choice);
  say(form.dataset.saving, "saving");
  send();
}

form.addEventListener("change", () => {
  keep({ client_sequence: Number(field("client_sequence").value), value: chosenValue() });
});
form.addEventListener("submit", (event) => {
  if (pending !== null || !window.navigator.onLine) {
    event.preventDefault();
    waiting = event.submitter;
    if (!window.navigator.onLine) say(form.dataset.waiting, "unsaved");
    send();
    return;
  }
  handsIn = true;
  line.abort(); // a draft that comes after its item is closed would only be refused
});
window.addEventListener("pageshow", () => {
  handsIn = false;
  waiting = null;
});
window.addEventListener("beforeunload", (event) => {
  if (pending !== null && !handsIn) event.preventDefault();
});
window.addEventListener("online", () => (pending === null ? goOn() : send()));

const left = heldBefore();
if (left !== null) {
  showValue(left.value);
  keep(left);
}
