// A polite word to somebody who has not touched the page for a while: nothing runs out, nothing is lost. It goes at the
// first touch, and decides nothing. Pages of people who asked for an adjustment do not load it.
const idle = document.getElementById("idle");
const MILLISECONDS_PER_MINUTE = 60_000;
let waiting = 0;

function listen() {
  window.clearTimeout(waiting);
  idle.textContent = "";
  waiting = window.setTimeout(() => {
    idle.textContent = idle.dataset.words;
  }, Number(idle.dataset.minutes) * MILLISECONDS_PER_MINUTE);
}

for (const touch of ["pointerdown", "pointermove", "keydown", "scroll"]) {
  document.addEventListener(touch, listen, { passive: true });
}
listen();
