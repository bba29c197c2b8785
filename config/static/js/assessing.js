// An option that says "none" stands alone: it takes the others out, and any of them takes it out.
"use strict";

(() => {
  for (const box of document.querySelectorAll("[data-alone]")) {
    const inputs = [...box.querySelectorAll("input[type=checkbox]")];
    box.addEventListener("change", (event) => {
      if (!event.target.checked || !inputs.includes(event.target)) return;
      const none = event.target.value === box.dataset.alone;
      for (const one of inputs) if (one !== event.target && (none || one.value === box.dataset.alone)) one.checked = false;
    }, true);
  }
})();
