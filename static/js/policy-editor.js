// The editor of a policy: rules dragged or moved by Alt and an arrow, and one "seen" for the page.
// The buttons and forms do the same without this.

const editor = () => document.querySelector("[data-policy-editor]");
const cardOf = (element) => element?.closest?.("[data-card]");

// What this page was told last is what each of its forms saves over.
function agree() {
  const seen = document.getElementById("policy-side")?.dataset.seen;
  if (!seen) return;
  for (const input of document.querySelectorAll("[data-seen-input]")) input.value = seen;
}

function showHandles() {
  for (const handle of document.querySelectorAll("[data-drag]")) {
    handle.hidden = false;
    handle.closest("[data-card]").draggable = false;
  }
}

function takeOver() {
  const form = document.getElementById("arrange");
  const cards = [...document.querySelectorAll("[data-cards] > li")];
  form.querySelector("[data-order]").value = cards.map((card) => card.id.replace(/^rule-/, "")).join(",");
  form.requestSubmit(form.querySelector("[data-order-button]"));
}

let dragged = null;
let before = null;

document.addEventListener("pointerdown", (event) => {
  const card = event.target.closest?.("[data-drag]") && cardOf(event.target);
  if (card) card.draggable = true;
});

document.addEventListener("dragstart", (event) => {
  dragged = cardOf(event.target);
  if (!dragged) return;
  before = dragged.nextElementSibling;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged.dataset.card);
  dragged.dataset.dragged = "";
});

document.addEventListener("dragover", (event) => {
  if (!dragged) return;
  const over = event.target.closest?.("[data-cards] > li");
  event.preventDefault();
  if (!over || over === dragged) return;
  const box = over.getBoundingClientRect();
  over[event.clientY < box.top + box.height / 2 ? "before" : "after"](dragged);
});

document.addEventListener("drop", (event) => {
  if (dragged) event.preventDefault();
});

document.addEventListener("dragend", (event) => {
  if (!dragged) return;
  const card = dragged;
  dragged = null;
  card.draggable = false;
  delete card.dataset.dragged;
  if (event.dataTransfer.dropEffect === "none") card.parentElement.insertBefore(card, before);
  else if (card.nextElementSibling !== before) takeOver();
});

document.addEventListener("keydown", (event) => {
  const way = event.altKey && { ArrowUp: "up", ArrowDown: "down" }[event.key];
  const button = way && cardOf(event.target)?.querySelector(`[data-move="${way}"]:not(:disabled)`);
  if (!button) return;
  event.preventDefault();
  button.click();
});

// A choice that brings other inputs answers a little later: what was typed until then counts.
const shows = (event) => event.detail.ctx?.sourceElement?.matches?.("[data-shows]");
const formOf = (event) => document.getElementById(event.detail.ctx.sourceElement.dataset.shows);
let typed = new Map();

function collect(form) {
  const fields = [...form.querySelectorAll("input[id]:not([type=hidden]), textarea[id], select[id]")];
  typed = new Map(fields.map((field) => [field.id, field]).map(([id, field]) => [id, [field.value, field.checked]]));
}

function putBack() {
  for (const [id, [value, checked]] of typed) {
    const field = document.getElementById(id);
    if (!field) continue;
    if (field.type === "radio" || field.type === "checkbox") field.checked = checked;
    else if (field.tagName !== "SELECT" || [...field.options].some((option) => option.value === value)) field.value = value;
  }
  typed = new Map();
}

document.addEventListener("htmx:before:swap", (event) => {
  if (shows(event) && formOf(event)) collect(formOf(event));
});
// The swap comes a moment after that: keys that are pressed meanwhile count too.
document.addEventListener("input", ({ target }) => {
  if (typed.has(target.id)) typed.set(target.id, [target.value, target.checked]);
});

// The sentence follows what is typed.
let pause = 0;
document.addEventListener("input", (event) => {
  const form = event.target.closest?.("[data-rule-form]");
  if (!form) return;
  clearTimeout(pause);
  pause = setTimeout(() => {
    const reads = form.isConnected && form.querySelector("[data-reads]");
    if (!reads) return;
    const values = { act: "read" };
    window.htmx.ajax("POST", form.getAttribute("action"), { source: reads, target: reads, swap: "innerHTML", values });
  }, 500);
});

// While a button of a condition is on its way, the form takes nothing: its inputs are about to move.
document.addEventListener("htmx:before:request", (event) => {
  const form = event.detail.ctx?.sourceElement;
  if (form?.matches?.("[data-rule-form]")) form.inert = true;
});
document.addEventListener("htmx:finally:request", (event) => {
  const form = event.detail.ctx?.sourceElement;
  if (form?.matches?.("[data-rule-form]")) form.inert = false;
});

// After a refused save the cursor goes to what is wrong, or to where one saves again.
function goOn() {
  if (document.activeElement !== document.body) return;
  const form = [...document.querySelectorAll("[data-rule-form][data-refused]")].at(-1);
  (form?.querySelector('[aria-invalid="true"]') ?? form?.querySelector("[data-save]"))?.focus();
}

document.addEventListener("htmx:after:swap", () => {
  if (!editor()) return;
  putBack();
  agree();
  showHandles();
  goOn();
});
if (editor()) showHandles();
