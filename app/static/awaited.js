// Comfort while a result is being worked out: looks by itself and goes to the result once it is there. Nothing here is
// needed: without it a button looks again.
const result = document.querySelector("[data-awaited]").dataset.awaited;
const FIRST_MILLISECONDS = 700;
const LONGEST_MILLISECONDS = 8000;

async function look(wait) {
  try {
    const answer = await fetch(result, { headers: { Accept: "text/html" } });
    if (answer.ok && !(await answer.text()).includes("data-awaited=")) {
      window.location.replace(result);
      return;
    }
  } catch {
    // no connection: a later look may have one
  }
  window.setTimeout(look, wait, Math.min(1.5 * wait, LONGEST_MILLISECONDS));
}

window.setTimeout(look, FIRST_MILLISECONDS, FIRST_MILLISECONDS);
