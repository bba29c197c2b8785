// A form that saves itself field by field; what is not saved is kept in this browser until it is.
"use strict";

(() => {
  const form = document.querySelector("form[data-fill]");
  if (!form) return;
  const said = document.querySelector("[data-fill-texts]").dataset;
  const shapes = (name) => document.querySelector(`[data-shape="${name}"]`).content.firstElementChild.cloneNode(true);
  const line = document.querySelector("[data-fill-state]");
  const signedOut = document.querySelector("[data-signed-out]");
  const mine = `fill ${form.dataset.user} `;
  const store = `${mine}${form.dataset.application}`;
  const DAYS = 14 * 86400000;
  const REST = 2000; // milliseconds of rest after which a text is saved

  // ---- what this browser keeps: only what is not saved yet, only of whoever is signed in
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
  function tidy() {
    try {
      for (const key of Object.keys(window.localStorage)) {
        if (key.startsWith("fill ") && !key.startsWith(mine)) window.localStorage.removeItem(key);
      }
    } catch {
      return;
    }
    const rows = kept();
    for (const [subject, row] of Object.entries(rows)) {
      if (Date.now() - row.at > DAYS) delete rows[subject];
    }
    write(rows);
  }

  // ---- the fields of the page
  const fields = new Map();
  for (const box of form.querySelectorAll("[data-field]")) {
    const inputs = [...box.querySelectorAll(`[name="${CSS.escape(box.dataset.input)}"]`)];
    const input = inputs.length > 1 ? group(box, inputs) : inputs[0];
    fields.set(box.dataset.field, {
      subject: box.dataset.field, box, input, inputs, sort: box.dataset.sort,
      seen: box.querySelector('input[type="hidden"][name^="seen:"]'),
      state: box.querySelector("[data-state]"), trouble: box.querySelector("[data-trouble]"),
      error: box.querySelector("[data-error]"), reading: box.querySelector("[data-reading]"),
      timer: 0, flying: false, again: false, tries: 0, id: "",
      stopped: "kept" in box.dataset, known: "kept" in box.dataset ? box.dataset.kept : value(input),
    });
  }
  const newId = () => [...crypto.getRandomValues(new Uint8Array(16))].map((n) => n.toString(16).padStart(2, "0")).join("");
  // Several inputs of one name are one field: its value is the options chosen, "B C".
  function group(box, inputs) {
    return {
      get value() { return inputs.filter((one) => one.checked).map((one) => one.value).join(" "); },
      set value(text) { for (const one of inputs) one.checked = text.split(" ").includes(one.value); },
      setAttribute: (name, text) => box.setAttribute(name, text),
      removeAttribute: (name) => box.removeAttribute(name),
      focus: () => (inputs.find((one) => one.checked) || inputs[0]).focus(),
    };
  }
  function value(input) {
    return input.type === "checkbox" ? (input.checked ? "on" : "") : input.value;
  }
  function put(field, text) {
    if (field.input.type === "checkbox") field.input.checked = text === "on";
    else field.input.value = text;
  }
  const isDirty = (field) => value(field.input) !== field.known;

  function show(field, text, is) {
    field.state.textContent = text;
    field.state.dataset.is = is || "";
    const open = [...fields.values()].some(isDirty);
    line.textContent = open ? said.some : said.all;
  }
  function quiet(field) {
    field.error.replaceChildren();
    field.trouble.replaceChildren();
    field.box.classList.remove("field--bad");
    field.input.removeAttribute("aria-invalid");
  }
  function complain(field, text) {
    field.box.classList.add("field--bad");
    field.input.setAttribute("aria-invalid", "true");
    const row = document.createElement("p");
    row.className = "field__error";
    row.textContent = text;
    field.error.replaceChildren(row);
  }

  // ---- saving: one request a field at a time; a save keeps its id until it is answered
  function touched(field) {
    const rows = kept();
    if (isDirty(field)) {
      rows[field.subject] = { value: value(field.input), seen: field.seen.value, id: newId(), at: Date.now(), unit: form.elements.unit.value };
      show(field, said.unsaved, "waiting");
    } else {
      delete rows[field.subject];
      show(field, "", "");
    }
    write(rows);
    field.stopped = false;
    field.id = rows[field.subject] ? rows[field.subject].id : "";
  }
  function later(field, wait) {
    clearTimeout(field.timer);
    field.timer = setTimeout(() => send(field), wait);
  }
  function token() {
    const found = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/);
    return found ? found[1] : form.elements.csrfmiddlewaretoken.value;
  }
  async function post(url, data, leaving) {
    const answer = await fetch(url, {
      method: "POST", body: data, keepalive: Boolean(leaving), credentials: "same-origin",
      headers: { "X-CSRFToken": token(), Accept: "application/json" },
    });
    const type = answer.headers.get("Content-Type") || "";
    if (!type.startsWith("application/json")) throw new Error(`${answer.status}`);
    return answer.json();
  }
  async function send(field, leaving) {
    clearTimeout(field.timer);
    if (field.flying) {
      field.again = true;
      return;
    }
    if (!isDirty(field) || field.stopped) return;
    const sent = value(field.input);
    const data = new URLSearchParams({ subject: field.subject, unit: form.elements.unit.value, save: field.id || newId() });
    if (field.inputs.length > 1) for (const one of sent.split(" ").filter(Boolean)) data.append(field.box.dataset.input, one);
    else data.set(field.box.dataset.input, sent);
    data.set(`seen:${field.subject}`, field.seen.value);
    for (const why of field.trouble.querySelectorAll("[data-reason]")) data.set(why.name, why.value);
    field.flying = true;
    show(field, said.saving, "waiting");
    let answer = null;
    try {
      answer = await post(form.dataset.save, data, leaving);
    } catch (error) {
      field.flying = false;
      if (error instanceof TypeError) {
        field.tries += 1;
        show(field, said.offline, "waiting");
        later(field, Math.min(30000, 1000 * 2 ** field.tries));
      } else {
        show(field, said.broken, "bad");
      }
      return;
    }
    field.flying = false;
    field.tries = 0;
    take(field, sent, answer);
  }
  function take(field, sent, answer) {
    if (answer.state === "signed_out") {
      signedOut.hidden = false;
      show(field, said.unsaved, "waiting");
      return;
    }
    quiet(field);
    if (answer.state === "saved") {
      field.seen.value = answer.mark;
      field.known = sent;
      signedOut.hidden = true;
      if (field.reading) field.reading.textContent = answer.reading;
      const rows = kept();
      if (!isDirty(field)) delete rows[field.subject];
      write(rows);
      show(field, answer.message, "saved");
      document.body.dispatchEvent(new Event("kept"));
      if (field.again || isDirty(field)) {
        field.again = false;
        touched(field);
        later(field, 0);
      }
    } else if (answer.state === "clash") {
      show(field, "", "");
      clash(field, answer);
    } else if (answer.state === "doubted") {
      field.stopped = true;
      show(field, said.unsaved, "waiting");
      for (const doubt of answer.doubts) field.trouble.append(doubted(field, doubt));
      if (!answer.doubts.length) complain(field, answer.message);
    } else {
      field.stopped = true;
      complain(field, answer.message || said.broken);
      show(field, said.unsaved, "bad");
    }
  }
  function clash(field, answer) {
    field.stopped = true;
    const shape = shapes("clash");
    shape.querySelector("[data-says]").textContent = answer.message;
    shape.querySelector("[data-theirs]").textContent = answer.said;
    shape.querySelector("[data-without-script]").hidden = true;
    shape.querySelector("[data-choice]").hidden = false;
    shape.querySelector("[data-take-theirs]").addEventListener("click", () => {
      put(field, answer.shown);
      settle(field, answer);
      touched(field);
      field.input.focus();
    });
    shape.querySelector("[data-keep-mine]").addEventListener("click", () => {
      const own = value(field.input);
      settle(field, answer);
      put(field, own);
      touched(field);
      send(field);
    });
    field.trouble.append(shape);
    complain(field, answer.message);
  }
  function settle(field, answer) {
    quiet(field);
    field.seen.value = answer.mark;
    field.known = answer.shown;
    if (field.reading) field.reading.textContent = answer.reading;
  }
  function doubted(field, doubt) {
    const shape = shapes("doubt");
    shape.dataset.doubt = doubt.key;
    shape.querySelector("[data-says]").textContent = doubt.message;
    const why = shape.querySelector("[data-reason]");
    why.name = `reason:${doubt.key}`;
    shape.querySelector("[data-choice]").hidden = false;
    const save = () => {
      if (!why.value.trim()) return why.focus();
      field.stopped = false;
      field.id = newId();
      return send(field);
    };
    shape.querySelector("[data-answer]").addEventListener("click", save);
    why.addEventListener("keydown", (event) => {
      if (event.key === "Enter") {
        event.preventDefault();
        save();
      }
    });
    return shape;
  }

  // ---- what is typed
  function of(event) {
    const box = event.target.closest("[data-field]");
    const field = box && fields.get(box.dataset.field);
    return field && field.inputs.includes(event.target) ? field : null;
  }
  form.addEventListener("input", (event) => {
    const field = of(event);
    if (!field) return;
    touched(field);
    if (field.sort === "money") readOut(field);
    if (field.sort === "text") later(field, REST);
  });
  form.addEventListener("change", (event) => {
    const field = of(event);
    if (!field) return;
    touched(field);
    later(field, 0);
  });
  let reading = 0;
  function readOut(field) {
    clearTimeout(reading);
    reading = setTimeout(async () => {
      const asked = new URLSearchParams({ revenue: value(field.input), unit: form.elements.unit.value });
      try {
        const answer = await fetch(`${form.dataset.amount}?${asked}`);
        if (answer.ok && !answer.redirected) field.reading.textContent = await answer.text();
      } catch {
        // the reading is a help only
      }
    }, 400);
  }

  // ---- leaving, coming back, being offline
  const pending = () => [...fields.values()].filter((field) => isDirty(field) && !field.stopped);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") for (const field of pending()) send(field, true);
    else beat();
  });
  window.addEventListener("online", () => pending().forEach((field) => later(field, 0)));
  window.addEventListener("beforeunload", (event) => {
    if (!form.dataset.sent && [...fields.values()].some(isDirty)) event.preventDefault();
  });
  document.querySelector("[data-go-on]").addEventListener("click", () => pending().forEach((field) => send(field)));

  // ---- what was found here
  const found = document.querySelector("[data-found]");
  function offer() {
    const rows = kept();
    const here = [];
    for (const [subject, row] of Object.entries(rows)) {
      const field = fields.get(subject);
      if (!field) continue;
      if (row.value === value(field.input)) delete rows[subject];
      else here.push(field);
    }
    write(rows);
    if (!here.length) return;
    const name = (field) => field.box.querySelector("legend, label").textContent.trim();
    found.querySelector("[data-found-which]").textContent = here.map(name).join(" · ");
    found.hidden = false;
    found.querySelector("[data-put-back]").addEventListener("click", () => {
      found.hidden = true;
      for (const field of here) {
        const row = kept()[field.subject];
        if (!row) continue;
        const bare = field.sort === "money" && row.unit !== form.elements.unit.value && /^[\d.,\s+-]+$/.test(row.value);
        put(field, bare ? row.value.trim() + row.unit : row.value); // typed while the page was in another unit
        field.id = row.id;
        field.seen.value = row.seen;
        field.stopped = false;
        show(field, said.unsaved, "waiting");
        send(field);
      }
    });
    found.querySelector("[data-forget]").addEventListener("click", () => {
      found.hidden = true;
      const left = kept();
      for (const field of here) delete left[field.subject];
      write(left);
    });
  }

  // ---- signs of life: who else is here, and what others changed meanwhile
  const others = document.querySelector("[data-others]");
  async function beat() {
    if (document.visibilityState === "hidden") return;
    const data = new URLSearchParams({ section: form.dataset.section, unit: form.elements.unit.value });
    for (const field of fields.values()) data.set(`mark:${field.subject}`, field.seen.value);
    let answer = null;
    try {
      answer = await post(form.dataset.here, data);
    } catch {
      return;
    }
    if (answer.state === "signed_out") {
      signedOut.hidden = false;
      return;
    }
    others.replaceChildren(...answer.others.map((text) => {
      const row = document.createElement("li");
      row.textContent = text;
      return row;
    }));
    for (const [subject, now] of Object.entries(answer.changed)) {
      const field = fields.get(subject);
      if (!field || isDirty(field) || field.flying || field.seen.value === now.mark) continue;
      put(field, now.shown);
      settle(field, now);
      field.known = value(field.input);
      show(field, said.other, "waiting");
      document.body.dispatchEvent(new Event("kept"));
    }
  }

  tidy();
  offer();
  for (const shape of form.querySelectorAll("[data-clash] [data-choice], [data-doubt] [data-choice]")) shape.remove();
  beat();
  setInterval(beat, 1000 * Number(form.dataset.beat));
})();
