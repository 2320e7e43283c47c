// Bulk selection: shows the bar [data-selection] of a form once a row is ticked, and says how many.

function update(form) {
  const boxes = [...form.querySelectorAll("[data-row] input[type=checkbox]")];
  const ticked = boxes.filter((box) => box.checked).length;
  const bar = form.querySelector("[data-selection]");
  const all = form.querySelector("[data-select-all]");
  if (bar) {
    bar.hidden = ticked === 0;
    bar.querySelector("[data-selected]").textContent = ticked;
  }
  if (all) {
    all.checked = ticked > 0 && ticked === boxes.length;
    all.indeterminate = ticked > 0 && ticked < boxes.length;
  }
}

const forms = () => document.querySelectorAll("form:has([data-selection])");

document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (!form?.querySelector("[data-selection]")) return;
  if (event.target.matches("[data-select-all]")) {
    form.querySelectorAll("[data-row] input[type=checkbox]").forEach((box) => {
      box.checked = event.target.checked;
    });
  }
  update(form);
});
document.addEventListener("click", (event) => {
  const form = event.target.closest("[data-select-none]")?.form;
  if (!form) return;
  form.querySelectorAll("[data-row] input[type=checkbox]").forEach((box) => {
    box.checked = false;
  });
  update(form);
});
document.addEventListener("htmx:after:swap", () => forms().forEach(update));
forms().forEach(update);
