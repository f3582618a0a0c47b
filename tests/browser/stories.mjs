// Stories of a person at a browser, for the tests in `main.rs`, in a headless browser.
//
// usage: node stories.mjs STORY URL [FOLDER]
//
// The exit code is 0 if the story went as expected. The login page is that of the test's
// application. Stories leave screenshots in `target/browser/BROWSER`, to be looked at.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { fetchFor, fits, isAccessible, loads, newContext, PLAIN_HOST, root, run, shots, TIMEOUT_MS } from "./launch.mjs";

const [story, url, folder] = process.argv.slice(2);
const RIGHT = "the-right-password";
// The same Envoy under another name.
const PLAIN = url.replace("localhost", PLAIN_HOST);

const textsOf = (language) =>
  JSON.parse(readFileSync(path.join(root, `src/engine/challenge/texts/${language}.json`), "utf8"));
const ENGLISH = textsOf("en");

const shoot = (page, name) => page.screenshot({ path: path.join(shots, `${name}.png`) });

// A page of a new browser, with the requests to other hosts and the errors that it makes.
const open = async (options = {}) => {
  const context = await newContext(options);
  context.setDefaultTimeout(TIMEOUT_MS);
  const page = await context.newPage();
  page.otherHosts = [];
  page.errors = [];
  page.on("request", (request) => {
    const to = new URL(request.url());
    if (to.protocol !== "blob:" && to.origin !== new URL(url).origin) page.otherHosts.push(to.href);
  });
  page.on("console", (message) => {
    if (/content security policy/i.test(message.text())) page.errors.push(message.text());
  });
  page.on("pageerror", (error) => page.errors.push(String(error)));
  return page;
};

const type = async (page, password) => {
  await page.fill("#user", "alice");
  await page.fill("#password", password);
  await page.click("button");
};

const mistypes = (page) => loads(page, () => type(page, "mistyped"));

// A first login that fails; the second one is challenged.
const beChallenged = async (page, at = `${url}/login`, action = "/login") => {
  await page.goto(at);
  await mistypes(page);
  await page.goto(at);
  // In a second browser the first login is challenged already, and its pass would let the second one in.
  await page.context().clearCookies();
  await page.$eval("form", (form, action) => { form.action = action; }, action);
  // Look at the response, because a fast machine leaves the page before its content can be read.
  const challenged = page.waitForResponse((answer) => answer.status() === 403);
  await type(page, RIGHT);
  const answer = await challenged;
  assert.equal(answer.headers()["x-unstuff-reply"], "challenge");
  return answer;
};

const backAtLogin = (page) => page.waitForURL(`${url}/login?unstuff=again`, { waitUntil: "load" })
  .then(() => page.waitForSelector("#password"));

// By the button, unless the page is quicker and goes on by itself.
const goesOn = async (page) => {
  const gone = page.waitForEvent("load");
  await Promise.race([page.getByRole("button", { name: ENGLISH.go_on }).click(), gone]);
  await gone;
};

const logsIn = async (page) => {
  await loads(page, () => type(page, RIGHT));
  assert.equal(await page.textContent("h1"), "Welcome");
};

const logsInOnceMore = async (page) => {
  await backAtLogin(page);
  await logsIn(page);
};

// What is there to read, of the parts that say it.
const seen = (page, text) => page.getByText(text).filter({ visible: true });

// What the person reads in the end, and that nothing happens after it: no loop.
const reads = async (page, text, name) => {
  await seen(page, text).waitFor();
  await shoot(page, name);
  const requests = [];
  page.on("request", (request) => requests.push(request.url()));
  // Longer than the page lets anybody read before it goes on, and than the wait of these stories.
  await page.waitForTimeout(5000);
  assert.deepEqual(requests, []);
  assert.ok(await seen(page, text).isVisible());
  assert.ok(await page.getByRole("link", { name: ENGLISH.back }).isVisible());
};

// The challenge page as it arrives in the browser, changed on the way as somebody's proxy or an old
// browser would. `change` gets the document and the content security policy.
const rewrite = (page, change) => page.route("**/login*", async (route) => {
  if (route.request().method() !== "POST") return route.continue();
  const response = await fetchFor(route);
  if (response.status() !== 403) return route.fulfill({ response });
  const headers = response.headers();
  const [body, policy] = change(await response.text(), headers["content-security-policy"]);
  return route.fulfill({ response, body, headers: { ...headers, "content-security-policy": policy } });
});
// A solver of which only this is left.
const solverIs = (code) => (body, policy) =>
  [body.replace(/(<script nonce="[^"]+">)[^]*?<\/script>/, `$1${code}</script>`), policy];
// Another content security policy beside ours: both count.
const policyToo = (more) => (body, policy) => [body, `${policy}, ${more}`];

const stories = {
  async solves() {
    const page = await open();
    await beChallenged(page);
    // Both in one look, because the page goes on by itself.
    const end = await page.getByRole("button", { name: ENGLISH.go_on }).evaluate((button) =>
      [document.getElementById("unstuff-status").textContent, button === document.activeElement]);
    assert.deepEqual(end, [ENGLISH.done, true]);
    await shoot(page, "solved");
    // It goes on by itself, once it could be read.
    await logsInOnceMore(page);
    // The next login is not challenged.
    await page.goto(`${url}/login`);
    await logsIn(page);
    assert.deepEqual(page.otherHosts, []);
    assert.deepEqual(page.errors, []);
    const [pass] = (await page.context().cookies()).filter(({ name }) => name.startsWith("__Host-"));
    assert.deepEqual([pass.httpOnly, pass.secure, pass.sameSite], [true, true, "Lax"]);
  },

  // A person is back at the login page that the form was on, with its query, such as where they were
  // going. Another page is not taken for it.
  async returns() {
    const page = await open();
    await page.goto(`${url}/login`);
    await mistypes(page);
    const mark = "unstuff=again";
    const pages = [
      ["/login?next=%2Faccount", "/login?next=%2Faccount", `/login?next=%2Faccount&${mark}`],
      ["/login?next=%2Faccount", "/login", `/login?next=%2Faccount&${mark}`],
      [`/login?next=%2Fa&${mark}`, "/login", `/login?next=%2Fa&${mark}`],
      ["/login/?a=b", "/login", `/login?a=b&${mark}`],
      ["/elsewhere?next=%2Faccount", "/login", `/login?${mark}`],
      ["/login?a=b", "/login?c=%20d+e;f", `/login?c=%20d+e;f&${mark}`],
    ];
    for (const [from, action, to] of pages) {
      await page.context().clearCookies();
      await page.goto(url + from);
      await page.$eval("form", (form, action) => { form.action = action; }, action);
      await loads(page, () => type(page, RIGHT));
      await goesOn(page);
      await page.waitForURL(url + to, { waitUntil: "load" });
      // The application sees the same referrer as at the login itself.
      assert.equal(await page.evaluate(() => document.referrer), url + from);
      await page.waitForSelector("#password");
    }
  },

  // The login page itself is challenged, so that nothing is typed twice.
  async pageFirst() {
    const page = await open();
    await page.goto(`${url}/login?next=%2Faccount`);
    await shoot(page, "page-first");
    await seen(page, ENGLISH.afterwards).waitFor();
    await seen(page, ENGLISH.ready).waitFor();
    await shoot(page, "page-first-done");
    await page.waitForURL(`${url}/login?next=%2Faccount&unstuff=ready`, { waitUntil: "load" });
    await logsIn(page);
    assert.deepEqual(page.errors, []);
  },

  async pageFirstWithoutJavascript() {
    const page = await open({ javaScriptEnabled: false });
    await page.goto(`${url}/login?next=%2Faccount`);
    await seen(page, ENGLISH.wait).waitFor();
    await page.waitForURL(`${url}/login?next=%2Faccount&unstuff=ready`, { waitUntil: "load" });
    await logsIn(page);
  },

  // What the link leads to is the form: its login is challenged, as any without a cookie.
  async pageFirstWithoutCookies() {
    const page = await open({ cookies: false });
    await page.goto(`${url}/login`);
    await reads(page, ENGLISH.cookies, "page-first-without-cookies");
    await page.getByRole("link", { name: ENGLISH.back }).click();
    await page.waitForSelector("#password");
    await page.context().close();
  },

  // Workers that are absent, that a policy forbids, or that never say anything.
  async without_workers() {
    const silent = () => {
      globalThis.Worker = class { postMessage() {} terminate() {} };
    };
    const faults = {
      absent: (page) => page.addInitScript(() => { delete globalThis.Worker; }),
      silent: (page) => page.addInitScript(silent),
      forbidden: (page) => page.route("**/login", async (route) => {
        const response = await fetchFor(route);
        const headers = response.headers();
        const policy = headers["content-security-policy"]?.replace("worker-src blob:", "worker-src 'none'");
        await route.fulfill({ response, headers: policy ? { ...headers, "content-security-policy": policy } : headers });
      }),
    };
    const page = await open();
    await faults[folder](page);
    // The page stays usable: its timers go on while it works.
    await page.addInitScript(() => setInterval(() => { globalThis.ticks = (globalThis.ticks ?? 0) + 1; }, 10));
    await beChallenged(page);
    const halfway = () => document.getElementById("unstuff-progress")?.value >= 8 && globalThis.ticks;
    const ticks = await (await page.waitForFunction(halfway)).jsonValue();
    assert.ok(ticks >= 5, `${ticks} ticks`);
    await logsInOnceMore(page);
    const forbids = page.errors.some((error) => /worker-src 'none'/.test(error));
    assert.equal(forbids, folder === "forbidden", String(page.errors));
  },

  async waits() {
    const page = await open({ javaScriptEnabled: false });
    await beChallenged(page, `${url}/login?next=%2Faccount`, "/login?next=%2Faccount");
    await page.waitForSelector("strong");
    await shoot(page, "without-javascript");
    await page.waitForURL(`${url}/login?next=%2Faccount&unstuff=again`, { waitUntil: "load" });
    await logsIn(page);
    assert.deepEqual(page.otherHosts, []);
  },

  // Nobody is left outside: each gets in, or reads what to do.

  async cookiesBlocked() {
    const page = await open({ cookies: false });
    await beChallenged(page);
    await reads(page, ENGLISH.cookies, "cookies-blocked");
    await page.context().close();
  },

  async cookiesBlockedWithoutJavascript() {
    const page = await open({ cookies: false, javaScriptEnabled: false });
    await beChallenged(page);
    await reads(page, ENGLISH.cookies, "cookies-blocked-without-javascript");
    await page.context().close();
  },

  async plainHttp() {
    const page = await open();
    await beChallenged(page, `${PLAIN}/login`);
    await reads(page, ENGLISH.https, "plain-http");
  },

  async plainHttpWithoutJavascript() {
    const page = await open({ javaScriptEnabled: false });
    await beChallenged(page, `${PLAIN}/login`);
    await reads(page, ENGLISH.https, "plain-http-without-javascript");
  },

  async workersBlocked() {
    const page = await open();
    await rewrite(page, policyToo("worker-src 'none'"));
    await beChallenged(page);
    await logsInOnceMore(page);
  },

  async workersAbsent() {
    const page = await open();
    await page.addInitScript("delete globalThis.Worker");
    await beChallenged(page);
    await logsInOnceMore(page);
  },

  async webassemblyBlocked() {
    const page = await open();
    await page.addInitScript("delete globalThis.WebAssembly");
    await beChallenged(page);
    await logsInOnceMore(page);
  },

  // The site adds its own policy to every answer, also to ours: no script of ours runs, although
  // JavaScript is on. The wait appears.
  async strictPolicy() {
    const page = await open();
    await rewrite(page, policyToo("default-src 'self'; script-src 'self'"));
    await beChallenged(page);
    const goOn = page.getByRole("link", { name: ENGLISH.go_on, exact: true });
    await seen(page, ENGLISH.wait).waitFor();
    await shoot(page, "strict-policy");
    // Too early, it is the same wait again.
    while (page.url().startsWith(`${url}/login`) && await goOn.isVisible()) await goOn.click();
    await logsInOnceMore(page);
  },

  // A browser too old for the solver.
  async oldBrowser() {
    const page = await open();
    await rewrite(page, solverIs("const solve = ?"));
    await beChallenged(page);
    await seen(page, ENGLISH.wait).waitFor();
    assert.match(await page.getByRole("timer").textContent(), /^Seconds to wait: [0-9]+$/);
    await shoot(page, "old-browser");
    await logsInOnceMore(page);
  },

  // The solver gets nowhere: after half a minute, the wait is offered. The page's clock is moved.
  async solvesNothing() {
    const page = await open();
    await page.clock.install();
    await rewrite(page, solverIs("const solve = () => new Promise(() => {});"));
    await beChallenged(page);
    await page.getByText(ENGLISH.solving).waitFor();
    await page.clock.runFor(29_000);
    assert.ok(await page.getByText(ENGLISH.solving).isVisible());
    await page.clock.runFor(2_000);
    await seen(page, ENGLISH.wait).waitFor();
    await shoot(page, "solves-nothing");
    await page.clock.resume();
    await logsInOnceMore(page);
  },

  // Without a wait there is nothing left but to say so.
  async failsWithoutWait() {
    const page = await open();
    await rewrite(page, solverIs("const solve = () => Promise.reject(new Error());"));
    await beChallenged(page);
    assert.ok(await page.getByRole("button", { name: ENGLISH.retry }).isVisible());
    await reads(page, ENGLISH.failed, "fails-without-wait");
  },

  async needsJavascript() {
    const page = await open({ javaScriptEnabled: false });
    await beChallenged(page);
    await reads(page, ENGLISH.no_wait, "needs-javascript");
  },

  async clockWrong() {
    for (const time of ["1970-01-02", "2061-07-28"]) {
      const page = await open();
      await page.clock.setFixedTime(new Date(time));
      await beChallenged(page);
      await goesOn(page);
      await logsInOnceMore(page);
      await page.context().close();
    }
  },

  // The connection is gone until the puzzle's time is over, as of a laptop that slept. Tried again, the
  // solution is late, and the page solves the next puzzle.
  async expires() {
    const page = await open();
    const isLate = new Promise((resolve) => {
      let asked = 0;
      page.route("**/login?", async (route) => {
        if (asked++ > 0) return route.continue();
        while ((await fetchFor(route)).status() === 200) await page.waitForTimeout(500);
        await page.context().clearCookies();
        // The page may have given up on it.
        await route.abort().catch(() => {});
        return resolve();
      });
    });
    await beChallenged(page);
    await page.getByText(ENGLISH.offline).waitFor();
    await isLate;
    await page.getByRole("button", { name: ENGLISH.retry }).click();
    await logsInOnceMore(page);
  },

  async connectionFails() {
    const page = await open();
    let failed = 0;
    await page.route("**/login?", (route) => failed++ < 2 ? route.abort() : route.continue());
    await beChallenged(page);
    for (let tries = 0; tries < 2; tries++) {
      await page.getByText(ENGLISH.offline).waitFor();
      await shoot(page, "connection-fails");
      await page.getByRole("button", { name: ENGLISH.retry }).click();
    }
    await logsInOnceMore(page);
  },

  async keyboard() {
    const page = await open();
    const press = (...keys) => keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve());
    await page.goto(`${url}/login`);
    for (const password of ["mistyped", RIGHT]) {
      await press("Tab");
      await page.keyboard.type("alice");
      await press("Tab");
      await page.keyboard.type(password);
      await loads(page, () => press("Enter"));
      if (password === "mistyped") await page.goto(`${url}/login`);
    }
    assert.equal(await page.title(), "One moment before you log in");
    // The only link can be reached, and its focus is visible.
    await press("Tab");
    const focused = await page.evaluate(() => {
      const { textContent } = document.activeElement;
      return [textContent, getComputedStyle(document.activeElement).outlineStyle];
    });
    assert.deepEqual(focused, ["Back to the login page", "solid"]);
    // When all is done, the focus is on the button that goes on.
    await page.getByRole("button", { name: ENGLISH.go_on }).waitFor();
    await press("Enter");
    await backAtLogin(page);
    await press("Tab");
    await page.keyboard.type("alice");
    await press("Tab");
    await page.keyboard.type(RIGHT);
    await press("Enter");
    await page.waitForSelector("text=Welcome");
  },

  // The puzzle takes long enough to look at the page.
  async looks() {
    const sizes = {
      phone: { width: 320, height: 640 }, tablet: { width: 820, height: 1180 }, desktop: { width: 1280, height: 800 },
    };
    const look = async (options, name) => {
      const texts = textsOf(options.locale);
      const page = await open({ viewport: sizes.phone, bypassCSP: true, ...options });
      await beChallenged(page);
      if (options.javaScriptEnabled === false) await page.waitForSelector("strong");
      else await page.waitForSelector("#unstuff-work:not([hidden])");
      assert.equal(await page.title(), texts.title);
      await shoot(page, name);
      await fits(page, name);
      if (options.javaScriptEnabled !== false) {
        // What a screen reader is told.
        const snapshot = await page.locator("main").ariaSnapshot();
        for (const part of [`progressbar "${texts.progress}"`, "status"]) assert.ok(snapshot.includes(part), snapshot);
        await isAccessible(page, name);
      }
      const direction = await page.evaluate(() => getComputedStyle(document.body).direction);
      assert.deepEqual([await page.getAttribute("html", "lang"), direction], [texts.lang, texts.dir]);
      await page.context().close();
    };
    for (const colorScheme of ["light", "dark"]) {
      for (const [name, viewport] of Object.entries(sizes)) {
        await look({ colorScheme, viewport, locale: "en" }, `${name}-${colorScheme}`);
      }
    }
    for (const locale of folder.split(",")) {
      await look({ locale, colorScheme: "dark" }, `language-${locale}`);
    }
    for (const locale of ["ar", "fi"]) {
      await look({ locale, javaScriptEnabled: false }, `language-${locale}-without-javascript`);
    }
  },

  // Milliseconds from the page's first byte to the solution's request, one line each.
  async times() {
    for (let n = 0; n < Number(folder); n++) {
      const page = await open();
      assert.equal(await page.evaluate(() => navigator.hardwareConcurrency), 1);
      const solved = page.waitForRequest((request) => "x-unstuff-redeem" in request.headers());
      await beChallenged(page);
      const shown = performance.now();
      await solved;
      console.log(performance.now() - shown);
      await page.context().close();
    }
  },
};

await run(stories, story);
