// Comfort on the page of one item: every choice is saved as it is made, and the page says what is saved and what is
// not. Nothing here is needed: without it the button saves. "Saved" is said only after the server has committed.
const form = document.getElementById("sitting");
const status = document.getElementById("saved");
const RETRY_MILLISECONDS = 3000;

let pending = null; // the newest choice that the server has not acknowledged
let sending = false;

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

function say(text, isSaved) {
  status.textContent = (isSaved ? "✓ " : "") + text;
}

async function send() {
  if (sending || pending === null) return;
  sending = true;
  const sent = pending;
  try {
    const answer = await fetch(form.dataset.draft, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        Accept: "application/json",
        "X-CSRFToken": field("csrf_token").value,
      },
      body: JSON.stringify(sent),
    });
    if (answer.ok) {
      const kept = await answer.json();
      if (pending === sent) pending = null;
      if (kept.superseded) {
        pending = null;
        say(form.dataset.elsewhere, false);
      } else if (pending === null) {
        say(`${form.dataset.saved} ${kept.received_at.slice(11, 19)} UTC`, true);
      }
    } else if (answer.status >= 500 || answer.status === 429) {
      say(form.dataset.offline, false);
      window.setTimeout(send, RETRY_MILLISECONDS);
    } else {
      pending = null;
      say(answer.status === 409 ? form.dataset.elsewhere : form.dataset.refused, false);
    }
  } catch {
    say(form.dataset.offline, false);
    window.setTimeout(send, RETRY_MILLISECONDS);
  } finally {
    sending = false;
    if (pending !== null && pending !== sent) send();
  }
}

form.addEventListener("change", () => {
  const sequence = Number(field("client_sequence").value);
  pending = { client_sequence: sequence, value: chosenValue() };
  field("client_sequence").value = String(sequence + 1); // the button's own write is newer than every draft
  say(form.dataset.saving, false);
  send();
});

window.addEventListener("online", send);
