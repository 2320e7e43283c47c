// The approvals page: keeps list and item in step, and keeps hasty keys from deciding unseen mail.

const SETTLE = 250; // ms before a new item takes keys and clicks: a double press decides only one

const item = () => document.getElementById("item");
const shown = () => item()?.querySelector("[data-send]")?.dataset.send;

let asked = 0;
let hadFocus = false;

function mark() {
  const row = document.getElementById(`row-${shown()}`);
  for (const other of document.querySelectorAll("#rows > [aria-current]")) {
    if (other !== row) other.removeAttribute("aria-current");
  }
  row?.setAttribute("aria-current", "true");
  row?.scrollIntoView({ block: "nearest" });
}

const forItem = (event) => event.detail.ctx?.target?.id === "item" || event.detail.ctx?.target === "#item";

document.addEventListener("htmx:before:request", (event) => {
  if (!forItem(event)) return;
  asked += 1;
  hadFocus = item().contains(document.activeElement);
  item().inert = true;
  item().dataset.waiting = "";
});

document.addEventListener("htmx:finally:request", (event) => {
  if (!forItem(event)) return;
  const mine = asked;
  delete item().dataset.waiting;
  setTimeout(() => {
    if (mine !== asked) return;
    item().inert = false;
    if (hadFocus) item().querySelector("[data-send]")?.focus({ preventScroll: true, focusVisible: false });
    item().querySelector(".queue-edit textarea")?.focus({ preventScroll: true });
  }, SETTLE);
});

document.addEventListener("htmx:after:swap", (event) => {
  if (!forItem(event)) return;
  document.getElementById("columns").toggleAttribute("data-open", true);
  item().querySelectorAll(".column").forEach((column) => column.scrollTo(0, 0));
  mark();
});

// A panel to type in has the cursor at once: what is typed in haste is no key that decides.
document.addEventListener("click", (event) => {
  const panel = event.target.closest?.('[data-panel="type"] > summary')?.parentElement;
  if (!panel || panel.open) return;
  event.preventDefault();
  panel.open = true;
  panel.querySelector("textarea").focus();
});

// Panels of the action bar: one at a time.
document.addEventListener(
  "toggle",
  (event) => {
    const panel = event.target;
    if (!panel.matches?.("[data-panel]") || !panel.open) return;
    for (const other of document.querySelectorAll("[data-panel][open]")) {
      if (other !== panel) other.open = false;
    }
  },
  true,
);

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const button = event.target.closest("form")?.querySelector("[data-submit]:not(:disabled)");
  if (!button) return;
  event.preventDefault();
  button.click();
});

mark();
