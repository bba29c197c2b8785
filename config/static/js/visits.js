// The record of a visit saves each field as it is typed; what is not saved yet is kept in this browser.
"use strict";

(() => {
  const form = document.querySelector("form[data-visit]");
  if (!form) return;
  const line = form.querySelector("[data-state]");
  const store = `fill ${form.dataset.user} visit ${form.dataset.visit}`;
  const REST = 1500; // milliseconds of rest after which a text is saved
  const timers = new Map();

  function kept() {
    try {
      return JSON.parse(window.localStorage.getItem(store)) || {};
    } catch {
      return {};
    }
  }
  function write(rows) {
    try {
      if (Object.keys(rows).length) window.localStorage.setItem(store, JSON.stringify(rows));
      else window.localStorage.removeItem(store);
    } catch {
      // a browser that keeps nothing: saving works all the same
    }
  }
  const isField = (input) => input.name && input.name !== "csrfmiddlewaretoken" && input.type !== "hidden" && input.type !== "file" && input.tagName !== "BUTTON";
  function token() {
    const found = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/);
    return found ? found[1] : form.elements.csrfmiddlewaretoken.value;
  }

  async function send(name) {
    timers.delete(name);
    const rows = kept();
    if (!(name in rows)) return;
    const value = rows[name];
    line.textContent = form.dataset.saving;
    try {
      const answer = await fetch(form.dataset.save, {
        method: "POST", body: new URLSearchParams({ [name]: value }), keepalive: true, credentials: "same-origin",
        headers: { "X-CSRFToken": token(), Accept: "application/json" },
      });
      const said = await answer.json();
      if (!answer.ok) {
        line.textContent = said.message;
        return;
      }
      const now = kept();
      if (now[name] === value) delete now[name];
      write(now);
      form.elements.version.value = said.version;
      line.textContent = Object.keys(now).length ? form.dataset.unsaved : said.message;
    } catch {
      line.textContent = form.dataset.unsaved;
    }
  }
  function touched(input, wait) {
    if (!isField(input)) return;
    const rows = kept();
    rows[input.name] = input.value;
    write(rows);
    clearTimeout(timers.get(input.name));
    timers.set(input.name, setTimeout(() => send(input.name), wait));
  }
  form.addEventListener("input", (event) => touched(event.target, REST));
  form.addEventListener("change", (event) => touched(event.target, 0));
  window.addEventListener("online", () => Object.keys(kept()).forEach(send));
  form.addEventListener("submit", () => timers.forEach((timer) => clearTimeout(timer)));

  // ---- what could not be sent last time comes back, unless it stands there already
  const rows = kept();
  for (const name of Object.keys(rows)) {
    const inputs = [...form.elements].filter((one) => one.name === name);
    const there = inputs.find((one) => one.type !== "radio" || one.checked);
    if (!inputs.length || there?.value === rows[name]) delete rows[name];
    for (const input of name in rows ? inputs : []) {
      if (input.type === "radio") input.checked = input.value === rows[name];
      else input.value = rows[name];
    }
  }
  write(rows);
  Object.keys(rows).forEach(send);
  if (Object.keys(rows).length) line.textContent = form.dataset.restored;
})();
