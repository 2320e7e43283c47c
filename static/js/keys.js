// Keys press real buttons and links, so nothing works by key alone.
//   data-key="a"          pressed by a; an input gets the focus instead
//   data-row              a row of a list; j and k move between their links ([data-row-link])
//   data-rows="follow"    on the list: moving also opens
//   data-go="c"           a link to another part of the house, pressed by g and then c
// Off while typing, and where the reader switched shortcuts off (html[data-keys="off"]).

const root = document.documentElement;
const off = () => root.dataset.keys === "off";
const typing = (element) =>
  element.closest('input:not([type="checkbox"], [type="radio"], [type="button"]), textarea, select, [contenteditable]');
const visible = (element) => !element.closest("template, [inert]") && element.checkVisibility();

const rows = () => [...document.querySelectorAll("[data-row]")].filter(visible);
const focusedRow = () =>
  document.activeElement?.closest("[data-row]") ?? document.querySelector("[data-row][data-focused]");

function move(step) {
  const all = rows();
  if (!all.length) return;
  const at = all.indexOf(focusedRow() ?? document.querySelector("[data-row][aria-current]"));
  const next = all[at < 0 ? 0 : Math.min(Math.max(at + step, 0), all.length - 1)];
  document.querySelectorAll("[data-row][data-focused]").forEach((row) => delete row.dataset.focused);
  next.dataset.focused = "";
  const link = next.matches("a, button") ? next : next.querySelector("[data-row-link]");
  link?.focus();
  next.scrollIntoView({ block: "nearest" });
  if (next.closest('[data-rows="follow"]')) link?.click();
}

function target(key) {
  const found = [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].filter(
    (element) => visible(element) && !element.disabled,
  );
  const row = focusedRow();
  return found.find((element) => row?.contains(element)) ?? found[0];
}

function press(element) {
  if (element.matches("input:not([type=checkbox], [type=radio]), textarea, select")) {
    element.focus();
    element.select?.();
  } else {
    element.click();
  }
}

const own = {
  j: () => move(1),
  k: () => move(-1),
  x: () => focusedRow()?.querySelector('input[type="checkbox"]')?.click(),
  o: () => focusedRow()?.querySelector("[data-row-link]")?.click(),
};

// After g the next key leads somewhere or nowhere, but never decides, however late it comes.

const stopGoing = () => delete root.dataset.going;

function go(key) {
  stopGoing();
  document.querySelector(`[data-go="${CSS.escape(key)}"]`)?.click();
}

document.addEventListener("pointerdown", stopGoing);
window.addEventListener("pagehide", stopGoing);

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && typing(event.target) && !event.target.closest("dialog")) {
    event.target.blur();
    return;
  }
  if (off() || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.isComposing || typing(event.target)) return;
  const dialog = document.querySelector("dialog[open]");
  if (dialog || event.key === "Shift") return;
  const leads = "going" in root.dataset && (event.key.length === 1 || event.key === "Escape");
  if (!leads) stopGoing();
  const named = target(event.key);
  const help = event.key === "?" && document.getElementById("keys-dialog");
  if (leads) go(event.key);
  else if (help) open(help);
  else if (named) press(named);
  else if (event.key === "g" && document.querySelector("[data-go]")) root.dataset.going = "";
  else if (Object.hasOwn(own, event.key) && rows().length) own[event.key]();
  else return;
  event.preventDefault();
});

document.addEventListener("focusin", (event) => {
  const row = event.target.closest("[data-row]");
  if (!row || "focused" in row.dataset) return;
  document.querySelectorAll("[data-row][data-focused]").forEach((other) => delete other.dataset.focused);
  row.dataset.focused = "";
});

// The help dialog lists what works here and now.

function helpLines() {
  const lines = new Map();
  if (rows().length) {
    lines.set("j", "Next row").set("k", "Previous row").set("o", "Open the row");
    if (document.querySelector('[data-row] input[type="checkbox"]')) lines.set("x", "Select the row");
  }
  for (const element of document.querySelectorAll("[data-key]")) {
    if (element.closest("template") || lines.has(element.dataset.key)) continue;
    const words = element.dataset.keyLabel ?? element.getAttribute("aria-label") ?? spoken(element);
    lines.set(element.dataset.key, words);
  }
  return lines.set("Esc", "Close, or leave a field");
}

function spoken(element) {
  const copy = element.cloneNode(true);
  copy.querySelectorAll("kbd").forEach((kbd) => kbd.remove());
  return copy.textContent.trim().replace(/\s+/g, " ");
}

function goLines() {
  const links = [...document.querySelectorAll("[data-go]")];
  return new Map(links.map((link) => [`g ${link.dataset.go}`, link.dataset.keyLabel]));
}

function fill(list, lines) {
  list?.replaceChildren(
    ...[...lines].map(([key, words]) => {
      const line = document.createElement("div");
      const term = document.createElement("dt");
      const what = document.createElement("dd");
      term.appendChild(document.createElement("kbd")).textContent = key;
      what.textContent = words;
      line.append(term, what);
      return line;
    }),
  );
}

function open(dialog) {
  fill(dialog.querySelector("[data-keys-list]"), helpLines());
  fill(dialog.querySelector("[data-keys-go]"), goLines());
  dialog.showModal();
}

document.addEventListener("click", (event) => {
  const dialog = document.getElementById(event.target.closest("[data-opens]")?.dataset.opens);
  if (dialog) open(dialog);
});
