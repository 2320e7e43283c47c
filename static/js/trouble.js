// When a request of htmx fails, the page stays and a toast says so. Answers meant to be shown
// (409 somebody was first, 422 a form with errors) are swapped in as usual.

const SHOWN = new Set([409, 422]);

function tell() {
  const template = document.getElementById("trouble-toast");
  const toasts = document.getElementById("toasts");
  if (template && toasts) toasts.prepend(template.content.cloneNode(true));
}

document.addEventListener("htmx:before:swap", (event) => {
  const { status, redirected, url } = event.detail.ctx.response?.raw ?? {};
  if (redirected && new URL(url).pathname === document.body.dataset.login) {
    // The session is over: the page itself asks for the name, not a part of it.
    event.preventDefault();
    location.reload();
  } else if (status >= 400 && !SHOWN.has(status)) {
    event.preventDefault();
    tell();
  }
});
document.addEventListener("htmx:error", tell);
