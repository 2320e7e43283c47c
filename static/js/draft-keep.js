// Keeps what was typed in a form with data-keep="key" until the server has taken it, so that a form
// that comes back changed (somebody else decided first) or a lost connection costs no words.
// The server says "taken" by answering without that form, or with data-kept="no".

const key = (form) => `draft:${form.dataset.keep}`;
const fields = (form) => [...form.querySelectorAll("textarea[name], input[type=text][name]")];

function keep(form) {
  const typed = {};
  for (const field of fields(form)) {
    if (field.value !== field.defaultValue) typed[field.name] = field.value;
  }
  if (Object.keys(typed).length) sessionStorage.setItem(key(form), JSON.stringify(typed));
  else sessionStorage.removeItem(key(form));
}

function restore(form) {
  if (form.dataset.kept === "no") {
    sessionStorage.removeItem(key(form));
    return;
  }
  const typed = JSON.parse(sessionStorage.getItem(key(form)) ?? "{}");
  let changed = false;
  for (const field of fields(form)) {
    if (field.name in typed && field.value === field.defaultValue && typed[field.name] !== field.value) {
      field.value = typed[field.name];
      changed = true;
    }
  }
  const note = form.querySelector("[data-kept-note]");
  if (note) note.hidden = !changed;
}

const restoreAll = () => document.querySelectorAll("form[data-keep]").forEach(restore);

document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-keep]");
  if (form) keep(form);
});
document.addEventListener("click", (event) => {
  const form = event.target.closest("[data-forget]")?.closest("form[data-keep]");
  if (!form) return;
  sessionStorage.removeItem(key(form));
  fields(form).forEach((field) => {
    field.value = field.defaultValue;
  });
  restore(form);
});
document.addEventListener("htmx:after:swap", restoreAll);
restoreAll();
