// Comfort on the page of one item: answering by single keys. Nothing here is needed: Tab, arrows and Space do it too.
// A box switches the keys off and this browser remembers it: who dictates would press them unknowingly (WCAG 2.1.4).
const item = document.querySelector(".item");
const help = document.getElementById("about");
const inUse = document.getElementById("use-keys");
const REMEMBERED = "decile-keys";

const groups = () => Array.from(item.querySelectorAll("fieldset"));
const radiosOf = (group) => Array.from(group.querySelectorAll("input[type=radio]"));
const isAnswered = (group) => radiosOf(group).some((radio) => radio.checked);

// The group one is in; else the first that waits for an answer.
function groupAtHand() {
  const all = groups();
  return all.find((group) => group.contains(document.activeElement)) ?? all.find((group) => !isAnswered(group)) ?? all[0];
}

function choose(radio) {
  radio.focus();
  radio.click();
}

function chooseAt(place) {
  const group = groupAtHand();
  const radio = radiosOf(group)[place];
  if (!radio) return false;
  choose(radio);
  const following = groups()[groups().indexOf(group) + 1];
  if (following && !isAnswered(following)) radiosOf(following)[0].focus();
  return true;
}

function moveChoice(step) {
  const radios = radiosOf(groupAtHand());
  const at = radios.findIndex((radio) => radio.checked);
  const place = at < 0 ? (step > 0 ? 0 : radios.length - 1) : at + step;
  if (radios[place]) choose(radios[place]);
  return true;
}

function goOn() {
  const next = item.closest("form");
  next.requestSubmit(next.querySelector("button[type=submit]"));
  return true;
}

function showHelp() {
  help.open = !help.open;
  help.querySelector("summary").focus();
  return true;
}

function act(event) {
  const at = event.target;
  const isChoosing = at.matches("input[type=radio]") && item.contains(at);
  const isElsewhere = at.matches("input, textarea, select, button, a, summary") && !isChoosing;
  if (event.key === "?") return !at.matches("input[type=text], textarea") && showHelp();
  if (at.matches("textarea, select") || (isElsewhere && at.matches("input"))) return false;
  if (/^[1-9]$/.test(event.key)) return !event.repeat && chooseAt(Number(event.key) - 1);
  if (isChoosing || isElsewhere) return false; // arrows and Enter mean something there already
  if (event.key === "ArrowLeft" || event.key === "ArrowRight") return moveChoice(event.key === "ArrowLeft" ? -1 : 1);
  return event.key === "Enter" && goOn();
}

function remembered() {
  try {
    return window.localStorage.getItem(REMEMBERED);
  } catch {
    return null;
  }
}

document.addEventListener("keydown", (event) => {
  if (!inUse.checked || event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.target instanceof Element && act(event)) event.preventDefault();
});
inUse.addEventListener("change", () => {
  try {
    window.localStorage.setItem(REMEMBERED, inUse.checked ? "on" : "off");
  } catch {
    // no storage in this browser: it holds for this page
  }
});
inUse.checked = remembered() === null ? !("off" in inUse.dataset) : remembered() === "on";
document.getElementById("keys").hidden = false;
