// Milliseconds for which an item was on the screen, into the hidden input "visible_ms" of the forms
// that decide it. Nothing else is measured, and it leaves only with the reader's own decision.

let since = document.visibilityState === "visible" ? performance.now() : null;
let total = 0;
let item = null;

const current = () => document.querySelector("[data-visible-item]")?.dataset.visibleItem ?? null;
const seen = () => Math.round(total + (since === null ? 0 : performance.now() - since));

function begin() {
  if (current() === item) return;
  item = current();
  total = 0;
  since = document.visibilityState === "visible" ? performance.now() : null;
}

function fill(form) {
  const input = form?.querySelector?.('input[name="visible_ms"]');
  if (input) input.value = String(seen());
}

document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") {
    since = performance.now();
  } else if (since !== null) {
    total += performance.now() - since;
    since = null;
  }
});
document.addEventListener("submit", (event) => fill(event.target), true);
document.addEventListener("click", (event) => fill(event.target.closest?.("form")), true);
document.addEventListener("htmx:after:swap", begin);
begin();
