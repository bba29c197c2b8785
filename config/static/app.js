// Small helps on top of pages that work without them.
"use strict";

(() => {
  const root = document.documentElement;

  // Light, dark or as the system says; the server reads the cookie, so there is no flash.
  function themeNow() {
    if (root.dataset.theme) return root.dataset.theme;
    return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  }
  for (const button of document.querySelectorAll("[data-theme-switch]")) {
    button.hidden = false;
    button.setAttribute("aria-pressed", String(themeNow() === "dark"));
    button.addEventListener("click", () => {
      root.dataset.theme = themeNow() === "dark" ? "light" : "dark";
      document.cookie = `theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=lax`;
      button.setAttribute("aria-pressed", String(root.dataset.theme === "dark"));
    });
  }

  // A token grows old when somebody signs in again in another tab; the cookie has the one that counts.
  document.addEventListener("submit", (event) => {
    const box = event.target.elements.csrfmiddlewaretoken;
    const found = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/);
    if (box && found) box.value = found[1];
  }, true);

  // A form is sent once: a second click on a slow line does nothing; coming back revives it.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post" || !form.closest("main")) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    const question = event.submitter?.dataset.confirm || form.dataset.confirm;
    if (question && !window.confirm(question)) {
      event.preventDefault();
      return;
    }
    if (form.hasAttribute("hx-post") || form.target === "_blank") return;
    form.dataset.sent = "1";
    setTimeout(() => {
      for (const button of form.querySelectorAll("button:not([type=button]), input[type=submit]")) button.disabled = true;
    }, 0);
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      for (const button of form.querySelectorAll("button, input[type=submit]")) button.disabled = false;
    }
  });

  // What was typed is not lost without a word.
  let typed = false;
  document.addEventListener("input", (event) => {
    if (event.target.closest("form[data-keep]")) typed = true;
  });
  document.addEventListener("submit", (event) => {
    if (!event.defaultPrevented && event.target.matches("[data-keep]")) typed = false;
  });
  window.addEventListener("beforeunload", (event) => {
    if (typed) event.preventDefault();
  });

  // Filters that answer on change; the button stays for those without this script.
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-submit-on-change]");
    if (form) form.requestSubmit();
  });

  // What a form kept in this browser goes when its author signs out.
  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented || !event.target.action.endsWith("/accounts/logout/")) return;
    try {
      for (const key of Object.keys(window.localStorage)) {
        if (key.startsWith("fill ")) window.localStorage.removeItem(key);
      }
    } catch {
      // a browser that keeps nothing
    }
  });

  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }

  // The menu of the user closes on Escape and on a click elsewhere.
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.who[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll("details.who[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });

  // After a failed save the first wrong field has the focus.
  const summary = document.querySelector("[data-error-summary]");
  if (summary) summary.focus();

  // Stay signed in as nobody: an answer to htmx that is a redirect to sign-in loads the page.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const where = event.detail.xhr.responseURL;
    if (where && new URL(where).pathname.startsWith("/accounts/login/")) {
      event.detail.shouldSwap = false;
      window.location.reload();
    }
  });
})();
