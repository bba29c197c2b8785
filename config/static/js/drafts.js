// Writing a draft: line numbers, going to a line, and what was typed kept in this browser.
"use strict";

(() => {
  const editor = document.getElementById("editor");
  if (!editor) return;
  const areas = [...editor.querySelectorAll("textarea[data-lined]")];

  // Line numbers follow the text; the Tab key leaves the field, as everywhere.
  function number(area) {
    const numbers = area.previousElementSibling;
    const count = area.value.split("\n").length;
    if (Number(numbers.dataset.count) !== count) {
      numbers.dataset.count = String(count);
      numbers.textContent = Array.from({ length: count }, (_, n) => n + 1).join("\n");
    }
    numbers.scrollTop = area.scrollTop;
  }
  for (const area of areas) {
    number(area);
    area.addEventListener("input", () => number(area));
    area.addEventListener("scroll", () => number(area));
    area.closest("details").addEventListener("toggle", () => number(area));
  }

  function goTo(part, line) {
    const area = document.getElementById(`id_${part}`);
    area.closest("details").open = true;
    const start = area.value.split("\n").slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    const end = area.value.indexOf("\n", start);
    area.focus();
    area.setSelectionRange(start, end < 0 ? area.value.length : end);
    area.scrollTop = (line - 4) * parseFloat(getComputedStyle(area).lineHeight);
    area.scrollIntoView({ block: "center" });
  }
  function offer() {
    for (const button of document.querySelectorAll("[data-to-line]")) button.hidden = false;
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-to-line]");
    if (button) goTo(button.dataset.of, Number(button.dataset.toLine));
  });
  document.addEventListener("htmx:afterSwap", offer);
  offer();

  // What is typed is kept here until it is saved, and offered again when it was not.
  const key = `draft ${window.location.pathname}`;
  const version = editor.elements.version.value;
  const opened = areas.map((area) => area.value);
  const found = document.querySelector("[data-found-here]");
  function stored() {
    try {
      return JSON.parse(window.localStorage.getItem(key));
    } catch {
      return null;
    }
  }
  function forget() {
    try {
      window.localStorage.removeItem(key);
    } catch {
      // a browser that keeps nothing
    }
    found.hidden = true;
  }
  const kept = stored();
  if (kept && kept.version === version && kept.texts.some((text, n) => text !== opened[n])) found.hidden = false;
  else if (kept) forget();
  found.querySelector("[data-bring-back]").addEventListener("click", () => {
    areas.forEach((area, n) => {
      area.value = kept.texts[n];
      area.dispatchEvent(new Event("input", { bubbles: true }));
    });
    found.hidden = true;
  });
  found.querySelector("[data-forget]").addEventListener("click", forget);
  let waiting = 0;
  editor.addEventListener("input", (event) => {
    if (!areas.includes(event.target)) return;
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      try {
        window.localStorage.setItem(key, JSON.stringify({ version, texts: areas.map((area) => area.value) }));
        document.querySelector("[data-kept-here]").hidden = false;
      } catch {
        // no room: saving still works
      }
    }, 1000);
  });
})();
