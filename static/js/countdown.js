// Counts down [data-seconds] in its own words, and lets toasts with data-lives fade when time is up.
// Seconds are what was left when the page was made, so a wrong clock of the reader does no harm.

const started = new WeakMap();

function left(element, seconds) {
  if (!started.has(element)) started.set(element, performance.now());
  return Math.max(0, seconds - (performance.now() - started.get(element)) / 1000);
}

function say(seconds) {
  const whole = Math.ceil(seconds);
  if (whole < 120) return `${whole} s`;
  if (whole < 7200) return `${Math.ceil(whole / 60)} min`;
  return `${Math.floor(whole / 3600)} h`;
}

function tick() {
  for (const clock of document.querySelectorAll("[data-seconds]")) {
    const seconds = left(clock, Number(clock.dataset.seconds));
    clock.textContent = say(seconds);
    if (seconds > 0) continue;
    clock.removeAttribute("data-seconds");
    clock.dispatchEvent(new CustomEvent("countdown:over", { bubbles: true }));
  }
  for (const toast of document.querySelectorAll("[data-lives]")) {
    const seconds = left(toast, Number(toast.dataset.lives));
    const words = toast.querySelector("[data-left]");
    const bar = toast.querySelector("progress");
    if (words) words.textContent = Math.ceil(seconds);
    if (bar) bar.value = seconds;
    if (seconds <= 0) leave(toast);
  }
}

function leave(toast) {
  toast.removeAttribute("data-lives");
  toast.dataset.leaving = "";
  setTimeout(() => toast.remove(), 160);
}

document.addEventListener("click", (event) => {
  const toast = event.target.closest("[data-close]")?.closest("[data-toast]");
  if (toast) leave(toast);
});

setInterval(tick, 250);
tick();
