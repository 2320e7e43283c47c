// When a request of htmx fails, the page stays and a toast says so. Answers meant to be shown
// (409 somebody was first, 422 a form with errors) are swapped in as usual.

const SHOWN = new Set([409, 422]);

function tell() {
  const template = document.getElementById("trouble-toast");
  const toasts = document.getElementById("toasts");
  if (template && toasts) toasts.prepend(template.content.cloneNode(true));
}

document.addEventListener("htmx:before:swap", (event) => {
  const { status } = event.detail.ctx.response?.raw ?? {};
  if (status < 400 || SHOWN.has(status)) return;
  event.preventDefault();
  tell();
});
document.addEventListener("htmx:error", tell);
