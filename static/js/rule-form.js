// The form of one rule. However late its answers come and in whatever order, what is typed stays,
// and the sentence ends up telling the form as it stands.
// All that one form asks stands in one line (hx-sync). A button or a choice takes the place of what
// is on its way, as it carries everything typed; the sentence is asked for when nothing is.

const PAUSE = 500;
const formAt = (element) => element?.closest?.("[data-rule-form]");
const sourceOf = (event) => event.detail.ctx?.sourceElement;

// Forms that say more than was sent of them.
const behind = new WeakSet();
const pauses = new WeakMap();

function readLater(form) {
  clearTimeout(pauses.get(form));
  pauses.set(form, setTimeout(() => read(form), PAUSE));
}

function read(form) {
  const reads = form.isConnected && behind.has(form) && form.querySelector("[data-reads]");
  if (!reads) return;
  const values = { act: "read" };
  window.htmx.ajax("POST", form.getAttribute("action"), { source: reads, target: reads, swap: "innerHTML", values });
}

document.addEventListener("input", (event) => {
  const form = formAt(event.target);
  if (!form) return;
  behind.add(form);
  readLater(form);
});

// While a button of a condition is on its way, the form takes nothing: its inputs are about to move.
// A choice made just before it went with it, and is asked for again only if it comes to nothing.
const left = new WeakMap();

document.addEventListener("htmx:config:request", (event) => {
  const form = formAt(sourceOf(event));
  if (!form?.inert || !sourceOf(event).matches("[data-shows]")) return;
  event.preventDefault();
  left.set(form, { ...left.get(form), choice: sourceOf(event) });
});

document.addEventListener("htmx:before:request", (event) => {
  const form = formAt(sourceOf(event));
  if (!form) return;
  behind.delete(form);
  if (sourceOf(event) !== form) return;
  left.set(form, { cursor: form.contains(document.activeElement) ? document.activeElement : null });
  form.inert = true;
});

document.addEventListener("htmx:finally:request", (event) => {
  const form = formAt(sourceOf(event));
  if (!form) return;
  if (sourceOf(event) === form) {
    const { choice, cursor } = left.get(form) ?? {};
    left.delete(form);
    form.inert = false;
    if (document.activeElement === document.body) cursor?.focus();
    if (choice?.isConnected) window.htmx.trigger(choice, "change");
  }
  if (behind.has(form)) readLater(form);
});

// Keys that are pressed for a form that takes nothing are no shortcuts.
document.addEventListener(
  "keydown",
  (event) => {
    const plain = event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (!plain || document.activeElement !== document.body) return;
    if (document.querySelector("[data-rule-form][inert]")) event.stopImmediatePropagation();
  },
  { capture: true },
);

// A choice that brings other inputs is answered a little later: what was typed until then counts.
const typed = new WeakMap();

function collect(form) {
  const fields = form.querySelectorAll("input[id]:not([type=hidden]), textarea[id], select[id]");
  return [...fields].map(({ id, value, checked }) => ({ id, value, checked }));
}

function putBack({ id, value, checked }) {
  const field = document.getElementById(id);
  if (!field) return;
  if (field.type === "radio" || field.type === "checkbox") field.checked = checked;
  else if (field.tagName !== "SELECT" || [...field.options].some((option) => option.value === value)) field.value = value;
}

// From the one to the other no time passes.
document.addEventListener("htmx:before:swap", (event) => {
  const choice = sourceOf(event);
  if (choice?.matches?.("[data-shows]") && formAt(choice)) typed.set(choice, collect(formAt(choice)));
});
document.addEventListener("htmx:before:settle", (event) => {
  const choice = event.detail.task?.sourceElement;
  typed.get(choice)?.forEach(putBack);
  typed.delete(choice);
});

// Where somebody is typing, no answer takes the cursor away.
document.addEventListener("htmx:after:settle", (event) => {
  if (!formAt(document.activeElement)) return;
  for (const part of event.detail.newContent) {
    if (part === document.activeElement || !part.querySelectorAll) continue;
    for (const field of [part, ...part.querySelectorAll("[autofocus]")]) field.removeAttribute("autofocus");
  }
});
