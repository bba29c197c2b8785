// Scores are kept a moment after they change; the page says when, or why not.
"use strict";

(() => {
  const form = document.querySelector("form[data-quiet]");
  if (!form) return;
  const said = form.querySelector("[data-said]");
  const version = form.elements.version;
  let timer = 0;
  let changed = false;
  let busy = false;
  let stopped = false;

  function tell(text) {
    if (said && text) said.textContent = text;
  }

  async function keep() {
    if (busy || stopped || !changed) return;
    busy = true;
    changed = false;
    const data = new FormData(form);
    data.set("do", "keep");
    try {
      const answer = await fetch(form.action, { method: "POST", body: data, headers: { "X-Keeping": "quiet" } });
      const type = answer.headers.get("Content-Type") || "";
      if (!type.includes("json")) throw new Error(String(answer.status));
      const told = await answer.json();
      tell(told.said);
      if (told.version) {
        version.value = String(told.version);
        for (const other of document.querySelectorAll("[data-version]")) other.value = version.value;
      }
      if (answer.status === 409) stopped = true;
    } catch {
      changed = true;
      tell(form.dataset.offline);
      timer = setTimeout(keep, 10000);
    }
    busy = false;
    if (changed && !timer) timer = setTimeout(keep, 1500);
  }

  form.addEventListener("input", () => {
    changed = true;
    clearTimeout(timer);
    timer = setTimeout(() => {
      timer = 0;
      keep();
    }, 1500);
  });
  form.addEventListener("submit", () => {
    stopped = true;
    changed = false;
    clearTimeout(timer);
  });
  window.addEventListener("beforeunload", (event) => {
    if (changed && !stopped) event.preventDefault();
  });
})();
