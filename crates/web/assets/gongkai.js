// Improves pages that work without it: dropping and pasting files, progress,
// modes without loading anew. Everything it does the server does too.
"use strict";
(() => {
  const root = document.documentElement;

  // Modes: the server remembers, the page changes at once.
  document.addEventListener("click", (event) => {
    const button = event.target.closest(".modes button[name=set]");
    if (!button || button.hasAttribute("lang")) return;
    event.preventDefault();
    const size = ["normal", "elder"].includes(button.value);
    root.dataset[size ? "size" : "theme"] = button.value;
    for (const other of button.parentElement.querySelectorAll("button")) {
      other.setAttribute("aria-pressed", String(other === button));
    }
    fetch("/modes", {
      method: "POST",
      body: new URLSearchParams({ set: button.value, back: "/health" }),
    }).catch(() => {});
  });

  // A marked place and its finding bring each other into sight.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("main a[href^='#']");
    const target = link && document.getElementById(decodeURIComponent(link.hash.slice(1)));
    if (!target || link.closest(".onpage")) return;
    event.preventDefault();
    for (const shown of document.querySelectorAll(".shown")) shown.classList.remove("shown");
    target.classList.add("shown");
    target.scrollIntoView({ block: "center" });
    if (!target.hasAttribute("tabindex")) target.setAttribute("tabindex", "-1");
    target.focus({ preventScroll: true });
    history.replaceState(null, "", link.hash);
  });

  // A dialog over the page instead of the place that a link leads to, and
  // instead of what unfolds to say what a button will do.
  const show = (dialog) => {
    if (!dialog.showModal) return false;
    dialog.showModal();
    return true;
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-dialog]");
    const dialog = link && document.getElementById(link.dataset.dialog);
    if (dialog && show(dialog)) event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    const summary = event.target.closest(".confirm > summary");
    const details = summary && summary.parentElement;
    const form = details && details.querySelector("form");
    if (!form || !window.HTMLDialogElement) return;
    event.preventDefault();
    const dialog = document.createElement("dialog");
    const heading = document.createElement("h2");
    heading.id = "confirm-heading";
    heading.textContent = summary.textContent;
    const back = document.createElement("button");
    back.type = "button";
    back.textContent = details.dataset.cancel;
    dialog.setAttribute("aria-labelledby", heading.id);
    dialog.append(heading, form);
    form.querySelector(".tools").append(back);
    document.body.append(dialog);
    back.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => {
      back.remove();
      details.append(form);
      dialog.remove();
      summary.focus();
    });
    show(dialog);
    back.focus();
  });

  // The next row of the tables, or the one before, and which list.
  const rows = () => [...document.querySelectorAll("main table tbody tr")]
    .map((row) => row.querySelector("a[href], button"))
    .filter(Boolean);
  const step = (by) => {
    const all = rows();
    const here = all.findIndex((one) => one.closest("tr").contains(document.activeElement));
    const next = all[here < 0 ? 0 : Math.min(Math.max(here + by, 0), all.length - 1)];
    if (next) next.focus();
    return Boolean(next);
  };

  // Keys: ? tells them, / goes to the search, j and k through rows, digits to lists.
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    const keys = document.getElementById("keys");
    if (event.key === "?" && keys instanceof HTMLDialogElement && !keys.open) {
      event.preventDefault();
      show(keys);
    } else if (event.key === "/") {
      const search = document.querySelector("form[role=search] input:not([type=hidden])");
      if (!search) return;
      event.preventDefault();
      search.focus();
    } else if (event.key === "j" || event.key === "k") {
      if (step(event.key === "j" ? 1 : -1)) event.preventDefault();
    } else if (event.key >= "1" && event.key <= "9") {
      const list = document.querySelectorAll("main .tabs a")[event.key - 1];
      if (!list) return;
      event.preventDefault();
      list.click();
    }
  });

  // What is open closes with Escape, or by pressing beside it.
  const unfolded = () => document.querySelector(".display[open]");
  document.addEventListener("keydown", (event) => {
    const open = event.key === "Escape" && unfolded();
    if (!open) return;
    open.removeAttribute("open");
    open.querySelector("summary").focus();
  });
  document.addEventListener("click", (event) => {
    const open = unfolded();
    if (open && !open.contains(event.target)) open.removeAttribute("open");
  });

  // A form is sent once, however often its button is pressed.
  document.addEventListener("submit", (event) => {
    const sent = event.target;
    if (["audit", "kept"].includes(sent.id) || sent.method !== "post") return;
    if (sent.dataset.sent) event.preventDefault();
    else sent.dataset.sent = "yes";
  });
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });

  // Work in place of a picture puzzle: a number is looked for in small pieces,
  // from the first key on, so that nobody waits for it. Without it the form is
  // taken by the slower way.
  const asked = document.querySelector("form[data-work]");
  if (asked) {
    const bits = Number(asked.dataset.work);
    const K = [], H = [];
    for (let n = 2; K.length < 64; n += 1) {
      let prime = true;
      for (let d = 2; d * d <= n; d += 1) if (n % d === 0) prime = false;
      if (!prime) continue;
      if (H.length < 8) H.push((Math.sqrt(n) % 1) * 4294967296 | 0);
      K.push((Math.cbrt(n) % 1) * 4294967296 | 0);
    }
    const turn = (x, by) => (x >>> by) | (x << (32 - by));
    // SHA-256 of a short text of plain signs; the first word is enough, for no
    // more than 24 bits are asked.
    const first = (text) => {
      const blocks = (text.length + 8 >> 6) + 1;
      const words = new Int32Array(blocks * 16);
      for (let i = 0; i < text.length; i += 1) words[i >> 2] |= text.charCodeAt(i) << (24 - i % 4 * 8);
      words[text.length >> 2] |= 0x80 << (24 - text.length % 4 * 8);
      words[words.length - 1] = text.length * 8;
      const state = H.slice();
      const w = new Int32Array(64);
      for (let at = 0; at < words.length; at += 16) {
        let [a, b, c, d, e, f, g, h] = state;
        for (let i = 0; i < 64; i += 1) {
          if (i < 16) w[i] = words[at + i];
          else {
            const x = w[i - 15], y = w[i - 2];
            w[i] = w[i - 16] + (turn(x, 7) ^ turn(x, 18) ^ (x >>> 3)) + w[i - 7] + (turn(y, 17) ^ turn(y, 19) ^ (y >>> 10)) | 0;
          }
          const one = h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + K[i] + w[i] | 0;
          const two = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c)) | 0;
          h = g; g = f; f = e; e = d + one | 0; d = c; c = b; b = a; a = one + two | 0;
        }
        [a, b, c, d, e, f, g, h].forEach((value, i) => { state[i] = state[i] + value | 0; });
      }
      return state[0];
    };
    const { challenge, answer } = asked.elements;
    let number = 0;
    const look = () => {
      for (let i = 0; i < 2000; i += 1, number += 1) {
        if (Math.clz32(first(`${challenge.value}:${number}`)) >= bits) {
          answer.value = String(number);
          return;
        }
      }
      setTimeout(look, 0);
    };
    asked.addEventListener("input", look, { once: true });
  }

  // What is typed before there is a draft stays in this tab alone, and only as
  // long as the tab: a page that is lost comes back with it.
  const begun = document.querySelector("form.application[data-work]");
  const place = "application";
  if (begun) {
    const fields = [...begun.elements].filter((one) => one.name && !["hidden", "file", "submit"].includes(one.type));
    let kept = {};
    try {
      kept = JSON.parse(sessionStorage.getItem(place)) || {};
    } catch { /* nothing was kept */ }
    if (kept.path === location.pathname) {
      for (const one of fields) {
        const value = kept.values[one.name];
        if (value === undefined) continue;
        if (one.type === "radio") one.checked = one.value === value;
        else if (!one.value || one.tagName === "SELECT") one.value = value;
      }
    }
    begun.addEventListener("input", () => {
      const values = {};
      for (const one of fields) if (one.type !== "radio" || one.checked) values[one.name] = one.value;
      sessionStorage.setItem(place, JSON.stringify({ path: location.pathname, values }));
    });
  } else if (location.pathname.startsWith("/draft/")) {
    sessionStorage.removeItem(place);
  }

  const form = document.getElementById("audit");
  if (!form) return;
  const input = document.getElementById("report");
  const text = document.getElementById("text");
  const drop = document.getElementById("drop");
  const chosen = document.getElementById("chosen");
  const progress = document.getElementById("progress");
  const said = document.getElementById("progress-text");
  const bar = document.getElementById("progress-bar");
  const LARGEST = 64 * 1024 * 1024;

  const list = () => {
    chosen.replaceChildren(
      ...[...input.files].map((file) => {
        const item = document.createElement("li");
        const size = (file.size / 1024).toFixed(0);
        item.textContent = `${file.name}（${size} KB）`;
        return item;
      }),
    );
  };
  input.addEventListener("change", list);

  // Files may be dropped anywhere on the page.
  addEventListener("dragover", (event) => {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    drop.classList.add("over");
  });
  addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) drop.classList.remove("over");
  });
  addEventListener("drop", (event) => {
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    drop.classList.remove("over");
    input.files = event.dataTransfer.files;
    list();
  });

  // A table copied from a page or from Word keeps its cells.
  addEventListener("paste", (event) => {
    const data = event.clipboardData;
    if (data.files.length) {
      event.preventDefault();
      input.files = data.files;
      list();
      return;
    }
    const html = data.getData("text/html");
    if (event.target === text && /<table/i.test(html)) {
      event.preventDefault();
      text.setRangeText(html, text.selectionStart, text.selectionEnd, "end");
    }
  });

  const fail = (message) => {
    progress.hidden = true;
    document.getElementById("send").disabled = false;
    let box = document.getElementById("error");
    if (!box) {
      box = document.createElement("div");
      box.id = "error";
      box.className = "verdict error";
      box.setAttribute("role", "alert");
      form.before(box);
    }
    box.textContent = message;
    box.scrollIntoView({ block: "center" });
  };

  const arrive = (html) => {
    const page = new DOMParser().parseFromString(html, "text/html");
    history.pushState({ audit: true }, "", location.pathname);
    document.title = page.title;
    document.body.replaceWith(document.adoptNode(page.body));
    document.getElementById("main").focus({ preventScroll: true });
    scrollTo(0, 0);
  };
  // Going back from a result shows the form again.
  addEventListener("popstate", () => {
    if (!document.getElementById("audit")) location.reload();
  });

  form.addEventListener("submit", (event) => {
    const files = [...input.files, ...document.getElementById("child").files];
    if (files.some((file) => file.size > LARGEST)) {
      event.preventDefault();
      fail(form.dataset.tooLarge);
      return;
    }
    if (!files.length && !text.value.trim()) return;
    event.preventDefault();
    document.getElementById("send").disabled = true;
    progress.hidden = false;
    said.textContent = form.dataset.sending;
    bar.removeAttribute("value");
    const request = new XMLHttpRequest();
    request.open("POST", form.getAttribute("action"));
    request.setRequestHeader("Accept", "application/x-ndjson, text/html");
    request.upload.addEventListener("progress", (sent) => {
      if (sent.lengthComputable) bar.value = sent.loaded / sent.total;
    });
    let read = 0;
    const lines = (whole) => {
      for (;;) {
        const end = request.responseText.indexOf("\n", read);
        if (end < 0) return;
        const line = request.responseText.slice(read, end);
        read = end + 1;
        const step = JSON.parse(line);
        if (step.of) {
          said.textContent = `${form.dataset.reading} ${step.done} / ${step.of}`;
          bar.value = step.done / step.of;
        } else if (step.page && whole) arrive(step.page);
        else if (whole) fail(step.error || form.dataset.failed);
      }
    };
    const inSteps = () => /ndjson/.test(request.getResponseHeader("Content-Type") || "");
    request.addEventListener("progress", () => {
      if (inSteps() && !request.responseText.includes('"page"')) lines(false);
    });
    request.addEventListener("load", () => {
      if (inSteps()) {
        const from = request.responseText.lastIndexOf("\n", request.responseText.length - 2) + 1;
        read = from;
        lines(true);
      } else if (/html/.test(request.getResponseHeader("Content-Type") || "")) {
        const page = new DOMParser().parseFromString(request.responseText, "text/html");
        const problem = page.querySelector(".verdict.error");
        fail(problem ? problem.textContent.trim() : form.dataset.failed);
      } else fail(form.dataset.failed);
    });
    request.addEventListener("error", () => fail(form.dataset.failed));
    request.send(new FormData(form));
  });
})();
