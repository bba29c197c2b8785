// Rows that are ticked: how many, and all of them at once.
"use strict";

(() => {
  for (const form of document.querySelectorAll("form[data-ticking]")) {
    const boxes = () => [...form.querySelectorAll('input[name="row"]')];
    const all = form.querySelector("[data-tick-all]");
    const count = form.querySelector("[data-ticked]");
    const every = form.querySelector('input[name="every"]');

    function tell() {
      const ticked = boxes().filter((box) => box.checked).length;
      if (count) count.textContent = String(ticked);
      if (all) {
        all.checked = ticked > 0 && ticked === boxes().length;
        all.indeterminate = ticked > 0 && ticked < boxes().length;
      }
      const send = form.querySelector("[data-needs-ticks]");
      if (send) send.disabled = ticked === 0 && !(every && every.checked);
    }

    if (all) {
      all.closest("label").hidden = false;
      all.addEventListener("change", () => {
        for (const box of boxes()) box.checked = all.checked;
        tell();
      });
    }
    if (count) count.closest("[hidden]")?.removeAttribute("hidden");
    form.addEventListener("change", tell);
    window.addEventListener("pageshow", tell);
    tell();
  }
})();
