// Review: Ctrl+Enter keeps and goes on; the button of a return says how many fields are ticked.
"use strict";

(() => {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    const form = document.querySelector("form[data-review]");
    const button = form?.querySelector("[data-next]") || form?.querySelector("button:not([type=button])");
    if (!button) return;
    event.preventDefault();
    form.requestSubmit(button);
  });

  const counted = document.querySelector("form[data-counted]");
  const place = counted?.querySelector("[data-count]");
  function count() {
    place.textContent = `(${counted.querySelectorAll("input[name=subject]:checked").length})`;
  }
  if (place) {
    counted.addEventListener("change", count);
    count();
  }
})();
