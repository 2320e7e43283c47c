// Shows which file was chosen or dropped; the input itself takes the drop.

document.addEventListener("change", (event) => {
  const drop = event.target.closest("[data-file-drop]");
  if (!drop) return;
  const names = [...event.target.files].map((file) => file.name).join(", ");
  drop.querySelector("[data-file-name]").textContent = names || "Drop a file here, or choose one";
});
for (const [kind, over] of Object.entries({ dragover: true, dragleave: false, drop: false })) {
  document.addEventListener(kind, (event) => {
    const drop = event.target.closest?.("[data-file-drop]");
    if (drop) drop.toggleAttribute("data-over", over);
  });
}
