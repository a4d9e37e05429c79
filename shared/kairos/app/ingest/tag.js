/* The web tag of Kairos. Nothing is stored or sent before the visitor agrees; docs/web-tag.md says what happens then. */
(() => {
  "use strict";
  const w = window, d = document, n = navigator;
  const script = d.currentScript || d.querySelector("script[data-kairos-key]");
  const said = (name, otherwise) => (script && script.getAttribute("data-" + name)) || otherwise;
  const key = said("kairos-key");
  if (!key || (w.kairos && w.kairos.track)) return;
  const url = said("endpoint", new URL(script.src, location).origin) + "/v1/tag";
  const korean = /^ko/i.test(said("lang", d.documentElement.lang || n.language));
  const text = (en, ko) => (korean ? ko : en);
  const MOST = 50, BATCH = 20, TRIES = 5, DAY = 864e5, NEVER = 9e15;

  // ---- what is kept, where the browser lets us ----
  const kept = {};
  const load = (name) => {
    try { return localStorage.getItem("kairos." + name); } catch { return kept[name] || null; }
  };
  const save = (name, value) => {
    try { localStorage.setItem("kairos." + name, value); } catch { kept[name] = value; }
  };
  const drop = (name) => {
    delete kept[name];
    try { localStorage.removeItem("kairos." + name); } catch { /* nothing is kept there */ }
  };
  const read = (name, otherwise) => {
    try { return JSON.parse(load(name)) || otherwise; } catch { return otherwise; }
  };
  const random = () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").slice(0, 22);
  };
  const id = () => {
    if (!load("id")) save("id", random());
    return load("id");
  };

  // ---- sending: in batches, again after a while, and by beacon when the page is left ----
  let agreed = false, started = false;
  let calls = [], reports = [], timer = 0, busy = false, tries = 0, asking = [];
  const visible = () => d.visibilityState !== "hidden";
  const body = (batch, told, leaving) => JSON.stringify({
    writeKey: key, anonymousId: id(), sentAt: new Date(), batch, reports: told, leaving,
  });
  const soon = (ms) => { timer = timer || setTimeout(flush, ms); };
  const back = (batch, told) => {
    calls = batch.concat(calls).slice(-MOST);
    reports = told.concat(reports).slice(-MOST);
  };

  function flush(ask) {
    timer = ask ? timer : 0;
    if (!agreed || busy) return;
    const batch = calls.splice(0, BATCH), told = reports.splice(0, BATCH);
    if (!ask && !batch.length && !told.length) return;
    busy = true;
    const options = { method: "POST", body: body(batch, told), credentials: "omit", keepalive: true };
    options.headers = { "content-type": "text/plain" }; // a simple request: no preflight
    fetch(url, options).then((answer) => {
      if (answer.status > 499 || answer.status === 429) throw answer;
      tries = 0;
      if (!answer.ok) return; // it can never succeed, so it is not sent again
      if (batch.length) {
        asking.forEach(clearTimeout);
        asking = [1500, 4000].map((ms) => setTimeout(() => visible() && flush(true), ms));
      }
      return answer.json().then((answered) => agreed && answered.messages.forEach(show));
    }).catch(() => {
      tries += 1;
      if (agreed) back(batch, told);
    }).then(() => {
      busy = false;
      if ((calls.length || reports.length) && tries < TRIES) soon(tries ? 1000 * 2 ** tries : 50);
    });
  }

  function leave() {
    if (!agreed) return;
    left();
    if (!calls.length && !reports.length) return;
    let gone = false;
    try { gone = n.onLine !== false && n.sendBeacon(url, body(calls, reports, true)); } catch { /* blocked */ }
    if (!gone) save("queue", JSON.stringify([calls, reports]));
    calls = [];
    reports = [];
  }

  // ---- what the visitor does ----
  let path = "", since = 0;
  function push(call) {
    if (!agreed) return;
    calls.push({ ...call, messageId: random(), timestamp: new Date() });
    calls = calls.slice(-MOST);
    soon(300);
  }
  const track = (event, properties) => push({ type: "track", event, properties: properties || {} });

  function page(properties) {
    const about = {}, campaign = {}, query = new URLSearchParams(location.search);
    d.querySelectorAll('meta[name^="kairos:"]').forEach((meta) => { about[meta.name.slice(7)] = meta.content; });
    for (const [name, ours] of [["campaign", "name"], ["source", "source"], ["medium", "medium"]]) {
      if (query.get("utm_" + name)) campaign[ours] = query.get("utm_" + name);
    }
    path = location.pathname;
    since = visible() ? Date.now() : 0;
    push({ type: "page", properties: { ...about, ...properties, path }, context: { campaign } });
  }

  function left() {
    const seconds = since ? Math.round((Date.now() - since) / 1000) : 0;
    since = 0;
    if (seconds) track("Page Left", { path, seconds });
  }

  function clicked(event) {
    const one = event.target.closest && event.target.closest("[data-kairos]");
    if (!one) return;
    const properties = {};
    for (const { name, value } of one.attributes) {
      if (name.startsWith("data-kairos-")) properties[name.slice(12).replace(/-/g, "_")] = value;
    }
    const event_name = one.getAttribute("data-kairos");
    track(event_name || "Element Clicked", event_name ? properties : { path: location.pathname, ...properties });
  }

  function moved() {
    if (!agreed || location.pathname === path) return;
    left();
    page();
  }

  // ---- boxes: shadow roots, styled by a sheet of their own and by ::part() of the page's ----
  const css = `:host{all:initial}[part=box]{font:15px/1.5 system-ui,sans-serif;color:#222;background:#fff;
    box-sizing:border-box;padding:20px;border-radius:12px;display:flex;flex-wrap:wrap;gap:10px;align-items:center}
    .fixed{position:fixed;z-index:2147483000;box-shadow:0 8px 40px #0004;max-width:calc(100vw - 32px);max-height:90vh;overflow:auto}
    .popup{top:50%;left:50%;transform:translate(-50%,-50%);width:400px;flex-direction:column;align-items:stretch}
    .banner,.consent{left:16px;right:16px;bottom:16px}[part=title]{font-size:18px;font-weight:700;padding-right:24px}
    [part=text]{margin:0;flex:1 1 240px;white-space:pre-line;overflow-wrap:anywhere}[part=image]{max-width:100%;height:auto}
    [part=button],[part=no]{font:inherit;cursor:pointer;border:0;border-radius:8px;padding:8px 16px;text-align:center;
    text-decoration:none;color:#fff;background:#222}[part=no]{color:#222;background:#eee}
    [part=close]{position:absolute;top:6px;right:6px;font:22px/1 sans-serif;width:32px;height:32px;border:0;background:none;
    cursor:pointer;color:inherit}.slot{position:relative}.popup [part=text]{flex:none}
    @media(prefers-color-scheme:dark){[part=box]{color:#eee;background:#222}[part=button]{color:#222;background:#eee}
    [part=no]{color:#eee;background:#444}}`;
  const node = (tag, part, content) => {
    const made = d.createElement(tag);
    if (part) made.setAttribute("part", part);
    if (content) made.textContent = content;
    return made;
  };
  const web = (address) => {
    try { return /^https?:$/.test(new URL(address).protocol); } catch { return false; }
  };

  function open(form, label, parts, where) {
    const host = node("div"), box = node("div", "box");
    host.className = "kairos kairos-" + form;
    box.className = (form === "slot" ? "" : "fixed ") + form;
    box.setAttribute("role", form === "slot" || form === "banner" ? "region" : "dialog");
    box.setAttribute("aria-label", label);
    box.append(...parts);
    const root = host.attachShadow({ mode: "open" });
    try {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(css);
      root.adoptedStyleSheets = [sheet];
    } catch { /* an old browser: the page's own ::part() rules have to do */ }
    root.append(box);
    where.append(host);
    return host;
  }

  // ---- messages ----
  const shown = {};
  function tell(message, kind, over) {
    reports.push({ message: message.id, token: message.token, kind, over });
    soon(50);
  }

  function show(message) {
    const seen = read("seen", {}), before = seen[message.id], now = Date.now();
    const often = { always: 0, daily: DAY }[message.frequency];
    if (shown[message.id] || !visible()) return;
    if (before && (often === undefined || now - before < often)) return;
    const popup = message.form === "popup";
    if (popup && d.querySelector(".kairos-popup,.kairos-consent")) return;
    const slot = message.form === "slot" && d.querySelector(`[data-kairos-slot="${CSS.escape(message.slot)}"]`);
    if (message.form === "slot" && !slot) return;

    const focused = d.activeElement, close = node("button", "close", "×"), parts = [];
    const mark = (at) => {
      const marks = Object.entries({ ...read("seen", {}), [message.id]: at });
      save("seen", JSON.stringify(Object.fromEntries(marks.slice(-MOST))));
    };
    const end = (kind) => {
      tell(message, kind, true);
      mark(NEVER);
      host.remove();
      if (popup && focused && focused.focus) focused.focus();
    };
    if (web(message.image)) {
      const image = node("img", "image");
      image.alt = "";
      image.src = message.image;
      parts.push(image);
    }
    if (message.title) parts.push(node("div", "title", message.title));
    parts.push(node("p", "text", message.text));
    if (web(message.link)) {
      const link = node("a", "button", message.button || text("See more", "자세히 보기"));
      link.href = message.link;
      link.rel = "noopener";
      link.addEventListener("click", () => end("clicked"));
      parts.push(link);
    }
    close.setAttribute("aria-label", text("Close", "닫기"));
    close.addEventListener("click", () => end("dismissed"));
    const host = open(message.form, message.title || message.text, [...parts, close], slot || d.body);
    host.addEventListener("keydown", (event) => { if (event.key === "Escape") end("dismissed"); });
    if (popup) close.focus();
    shown[message.id] = host;
    mark(now);
    if (!before) tell(message, "shown", often === undefined);
  }

  // ---- consent ----
  function start() {
    if (!started) {
      started = true;
      d.addEventListener("click", clicked, true);
      d.addEventListener("visibilitychange", () => { if (visible()) since = Date.now(); else leave(); });
      w.addEventListener("pagehide", leave);
      w.addEventListener("popstate", moved);
      w.addEventListener("online", () => { tries = 0; soon(50); });
      const go = history.pushState;
      history.pushState = function (...given) { go.apply(this, given); moved(); };
    }
    const [stored, told] = read("queue", [[], []]);
    drop("queue");
    back(stored, told);
    page();
  }

  function consent(yes) {
    const asked = d.querySelector(".kairos-consent");
    if (asked) asked.remove();
    if (n.globalPrivacyControl) yes = false;
    const before = agreed;
    agreed = yes === true;
    save("consent", agreed ? "yes" : "no");
    if (agreed && !before) start();
    if (!agreed) forget();
  }

  function forget() {
    ["id", "seen", "queue"].forEach(drop);
    calls = [];
    reports = [];
    asking.forEach(clearTimeout);
    for (const name in shown) { shown[name].remove(); delete shown[name]; }
  }

  function ask() {
    const words = said("text", text(
      "May we remember what you look at here, to show you what fits you? Nothing is stored before you agree.",
      "이 사이트에서 보신 내용을 기억해 알맞은 소식을 보여 드려도 될까요? 동의하시기 전에는 아무것도 저장하지 않습니다."));
    const yes = node("button", "button", said("yes", text("Agree", "동의"))), no = node("button", "no", said("no", text("Decline", "거부")));
    yes.addEventListener("click", () => consent(true));
    no.addEventListener("click", () => consent(false));
    open("consent", words, [node("p", "text", words), no, yes], d.body);
  }

  function begin() {
    const answer = load("consent");
    if (n.globalPrivacyControl) return;
    if (answer === "yes") { agreed = true; start(); }
    else if (!answer && said("consent", "ask") === "ask") ask();
  }

  const waiting = w.kairos;
  w.kairos = {
    track, page, consent,
    id: () => (agreed ? id() : null),
    reset: () => { forget(); if (agreed) page(); },
    push: (...given) => given.forEach(([name, ...rest]) => w.kairos[name](...rest)),
  };
  const ready = () => { begin(); if (Array.isArray(waiting)) w.kairos.push(...waiting); };
  if (d.body) ready(); else d.addEventListener("DOMContentLoaded", ready);
})();
