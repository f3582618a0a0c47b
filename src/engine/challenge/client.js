// The page's part of the way that people do not see: it earns a pass while a person types, so that
// the login is let in at once. `client_worker.js` does the work.
//
// Only what an attribute asks for is touched: `data-unstuff` on a form or on the script's element.

// A pass that lasts no longer than this is replaced. The module has the same number.
const RENEW_MS = 30e3;
// Nothing is asked again for so long after a failure.
const RETRY_MS = 30e3;
// The longest that a login waits for its pass: then it goes without.
const WAIT_MS = 5e3;

const script = document.currentScript ||
  document.querySelector('script[src*="/.well-known/unstuff/client.js"]');
const own = script.dataset;
const isRead = (method) => /^(get|head)$/i.test(method);
const wants = (what) => (own.unstuff || "").split(" ").includes(what);
const here = (address) => new URL(address, document.baseURI);
// Of this host alone, because no other is asked for anything.
const logins = (own.login || "").split(" ").filter(Boolean).map(here)
  .filter(({ origin }) => origin === location.origin).map(({ href }) => href);

const earn = (...asked) => new Promise((resolve, reject) => {
  const worker = new Worker(script.src.replace("client.js", "worker.js"));
  const end = (then) => (event) => {
    worker.terminate();
    then(event.data);
  };
  worker.onmessage = end((data) => data ? resolve(data) : reject());
  worker.onerror = end(reject);
  worker.postMessage(asked);
});

// The configured login address that a request goes to, if it does; without any, its own on this host.
const loginAt = (address) => {
  try {
    const { origin, pathname, href } = here(address);
    if (origin !== location.origin) return;
    return logins[0] ? logins.find((login) => here(login).pathname === pathname) : href;
  } catch {
    // The browser says itself that this is no address.
  }
};

// What is known of each login address: until when (0: nothing is; Infinity: it is being earned), and
// the promise of its pass.
const known = {};
const prepare = (login) => {
  const its = known[login] ||= { until: 0 };
  if (Date.now() + RENEW_MS < its.until) return its.ready;
  its.until = Infinity;
  return its.ready = earn(login, its.pass)
    .then(({ pass, expires_in }) => {
      its.until = Date.now() + 1000 * expires_in;
      return its.pass = pass;
    })
    .catch(() => { its.until = Date.now() + RENEW_MS + RETRY_MS; });
};
const wait = (login) => Promise.race([
  prepare(login), new Promise((resolve) => { setTimeout(resolve, WAIT_MS); }),
]);
const isReady = (login) => prepare(login) && known[login].until < Infinity;
// After a login nobody here knows whether its pass was used: the next touch asks the module.
const forget = (login) => { if (isReady(login)) known[login].until = 0; };

const isLogin = (form) => form.hasAttribute("data-unstuff") ||
  "unstuff" in own && form.querySelector("[type=password]");
const addressOf = (form, by) =>
  by && by.getAttribute("formaction") || form.getAttribute("action") || location.href;

const touched = (event) => {
  const [target] = event.composedPath();
  if (!target.closest) return;
  const form = target.closest("form");
  if (!(form ? isLogin(form) : target.matches("[type=password], [autocomplete*=username]"))) return;
  const login = form && loginAt(addressOf(form)) || logins[0];
  if (login) prepare(login);
};
for (const kind of ["focusin", "input", "pointerdown"]) addEventListener(kind, touched, true);

// Sends a form as the browser would after its `submit` event, which is over.
const send = (form, by) => {
  const names = by ? ["action", "enctype", "method", "target"] : [];
  const given = names.filter((name) => by.hasAttribute("form" + name));
  const before = given.map((name) => form.getAttribute(name));
  given.forEach((name) => form.setAttribute(name, by.getAttribute("form" + name)));
  const field = document.createElement("input");
  field.type = "hidden";
  if (by && by.name) {
    field.name = by.name;
    field.value = by.value;
    form.append(field);
  }
  HTMLFormElement.prototype.submit.call(form);
  field.remove();
  given.forEach((name, i) => {
    if (before[i] === null) form.removeAttribute(name);
    else form.setAttribute(name, before[i]);
  });
};

const held = new Set();
// Last of all listeners: what the page's own script sends is not the browser's to send.
addEventListener("submit", (event) => {
  const { target: form, submitter: by } = event;
  const method = by && by.getAttribute("formmethod") || form.getAttribute("method");
  if (event.defaultPrevented || !isLogin(form) || !/^post$/i.test(method)) return;
  const login = loginAt(addressOf(form, by));
  if (!login) return;
  if (isReady(login)) return forget(login);
  event.preventDefault();
  if (held.has(form)) return;
  held.add(form);
  form.setAttribute("aria-busy", "true");
  wait(login).then(() => {
    held.delete(form);
    form.removeAttribute("aria-busy");
    forget(login);
    if (form.isConnected) send(form, by);
  });
});

if (wants("fetch") && logins[0]) {
  const original = window.fetch;
  window.fetch = async (input, init) => {
    const isRequest = input instanceof Request;
    const method = init && init.method || isRequest && input.method || "GET";
    const login = isRead(method) ? undefined : loginAt(isRequest ? input.url : input);
    if (!login) return original(input, init);
    const request = new Request(input, init);
    for (let tries = 0; ; tries++) {
      const pass = await wait(login);
      // What is sent is kept, to be sent once more after a challenge.
      const copy = request.clone();
      if (pass) copy.headers.set("x-unstuff-pass", pass);
      const answer = await original(copy);
      forget(login);
      if (tries || answer.headers.get("x-unstuff-reply") !== "challenge") return answer;
    }
  };
}

if (wants("xhr") && logins[0]) {
  const { open, send: sendNow, abort } = XMLHttpRequest.prototype;
  const opened = new WeakMap();
  XMLHttpRequest.prototype.open = function (method, address, isAsync = true, ...more) {
    opened.set(this, isAsync && !isRead(method) && loginAt(address));
    return open.call(this, method, address, isAsync, ...more);
  };
  XMLHttpRequest.prototype.abort = function () {
    opened.delete(this);
    return abort.call(this);
  };
  XMLHttpRequest.prototype.send = function (body) {
    const login = opened.get(this);
    if (!login) return sendNow.call(this, body);
    const call = {};
    opened.set(this, call);
    wait(login).then((pass) => {
      // Meanwhile it may be aborted, or opened for another request.
      if (opened.get(this) !== call) return;
      if (pass) this.setRequestHeader("x-unstuff-pass", pass);
      forget(login);
      sendNow.call(this, body);
    });
  };
}
