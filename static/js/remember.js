// Applies a choice (theme, rail) at once and keeps it in a cookie, where the server reads it for
// the next page. Without this the same form posts to the server, which sets the same cookie.

const YEAR = 60 * 60 * 24 * 365;

document.addEventListener("submit", (event) => {
  const name = event.target.dataset?.remember;
  if (!name || !event.submitter) return;
  event.preventDefault();
  const { submitter } = event;
  const value = submitter.value;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${name}=${value}; Path=/; Max-Age=${YEAR}; SameSite=Lax${secure}`;
  document.documentElement.dataset[name] = value;
  for (const button of event.target.querySelectorAll("[aria-pressed]")) {
    button.setAttribute("aria-pressed", String(button === submitter));
  }
  if (submitter.hasAttribute("aria-expanded")) {
    submitter.setAttribute("aria-expanded", String(value === "open"));
    submitter.value = value === "open" ? "closed" : "open";
  }
});
