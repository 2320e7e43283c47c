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

// A card that is open stays when its rule has gone from the list, and when it is back: what is
// typed there may be added again. Its form asks what it is now.
document.addEventListener("htmx:before:swap", (event) => {
  const lists = event.detail.tasks.map((task) => task.fragment?.querySelector?.("[data-cards]"));
  const list = editor() && lists.find(Boolean);
  if (!list) return;
  for (const card of document.querySelectorAll("[data-cards] > [hx-morph-skip]")) {
    const gone = !list.querySelector(`#${CSS.escape(card.id)}`);
    if (gone) list.append(card.cloneNode(false));
    const form = card.querySelector("[data-rule-form]");
    if (gone !== form.hasAttribute("data-gone")) window.htmx.trigger(form.querySelector("[data-shows]"), "change");
  }
});

// After a refused save the cursor goes to what is wrong, or to where one saves again.
function goOn() {
  if (document.activeElement !== document.body) return;
  const form = [...document.querySelectorAll("[data-rule-form][data-refused]")].at(-1);
  (form?.querySelector('[aria-invalid="true"]') ?? form?.querySelector("[data-save]"))?.focus();
}

document.addEventListener("htmx:after:swap", () => {
  if (!editor()) return;
  agree();
  showHandles();
  goOn();
});
if (editor()) showHandles();
