// Stories of a person at a browser, for the tests in `main.rs`, in a headless Chromium.
//
// usage: node stories.mjs STORY URL [FOLDER]
//
// The exit code is 0 if the story went as expected. The login page is that of the test's
// application.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "../..");
const require = createRequire(path.join(root, "target/npm/package.json"));
const { chromium } = require("playwright-core");
const executablePath = readFileSync(path.join(root, "target/setup/chromium"), "utf8").trim();

const [story, url, folder] = process.argv.slice(2);
const RIGHT = "the-right-password";
// Generous, because a busy machine must not fail a test.
const TIMEOUT_MS = 60_000;

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });

// A page of a new browser, with the requests to other hosts and the errors that it makes.
const open = async (options = {}) => {
  const context = await browser.newContext(options);
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

// A first login that fails; the second one is challenged.
const beChallenged = async (page) => {
  await page.goto(`${url}/login`);
  await type(page, "mistyped");
  await page.goto(`${url}/login`);
  // Look at the response, because a fast machine leaves the page before its content can be read.
  const challenged = page.waitForResponse((answer) => answer.status() === 403);
  await type(page, RIGHT);
  const answer = await challenged;
  assert.equal(answer.headers()["x-unstuff-reply"], "challenge");
  return answer;
};

const backAtLogin = (page) => page.waitForURL(`${url}/login`, { waitUntil: "load" })
  .then(() => page.waitForSelector("#password"));

const stories = {
  async solves() {
    const page = await open();
    await beChallenged(page);
    await backAtLogin(page);
    await type(page, RIGHT);
    assert.equal(await page.textContent("h1"), "Welcome");
    // The next login is not challenged.
    await page.goto(`${url}/login`);
    await type(page, RIGHT);
    assert.equal(await page.textContent("h1"), "Welcome");
    assert.deepEqual(page.otherHosts, []);
    assert.deepEqual(page.errors, []);
    const [pass] = (await page.context().cookies()).filter(({ name }) => name.startsWith("__Host-"));
    assert.deepEqual([pass.httpOnly, pass.secure, pass.sameSite], [true, true, "Lax"]);
  },

  // The login page keeps its query, such as where a person was going; another page is not taken
  // for it.
  async returns() {
    const page = await open();
    await page.goto(`${url}/login`);
    await type(page, "mistyped");
    const pages = [["/login?next=%2Faccount", "/login?next=%2Faccount"], ["/login/?a=b", "/login/?a=b"],
      ["/elsewhere?next=%2Faccount", "/login"]];
    for (const [from, to] of pages) {
      await page.context().clearCookies();
      await page.goto(url + from);
      const passed = page.waitForResponse((answer) => answer.headers()["x-unstuff-reply"] === "pass");
      await type(page, RIGHT);
      await passed;
      await page.waitForURL(url + to, { waitUntil: "load" });
      await page.waitForSelector("#password");
    }
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
        const response = await route.fetch();
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
    await backAtLogin(page);
    await type(page, RIGHT);
    assert.equal(await page.textContent("h1"), "Welcome");
    const forbids = page.errors.some((error) => /worker-src 'none'/.test(error));
    assert.equal(forbids, folder === "forbidden", String(page.errors));
  },

  async waits() {
    const page = await open({ javaScriptEnabled: false });
    await beChallenged(page);
    await backAtLogin(page);
    await type(page, RIGHT);
    assert.equal(await page.textContent("h1"), "Welcome");
    assert.deepEqual(page.otherHosts, []);
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
      await press("Enter");
      await page.waitForSelector("h1");
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
    const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
    const sizes = { phone: { width: 375, height: 667 }, desktop: { width: 1280, height: 800 } };
    for (const colorScheme of ["light", "dark"]) {
      for (const [name, viewport] of Object.entries(sizes)) {
        const page = await open({ colorScheme, viewport, bypassCSP: true });
        await beChallenged(page);
        await page.waitForSelector("#unstuff-work:not([hidden])");
        assert.equal(await page.title(), "One moment before you log in");
        await page.screenshot({ path: path.join(folder, `${name}-${colorScheme}.png`) });
        const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
        assert.equal(wide, false, `${name}: the page must not scroll sideways`);
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() => axe.run());
        const found = violations.map(({ id, impact, nodes }) => `${impact}: ${id} ${nodes[0].html}`);
        assert.deepEqual(found, [], `${name}, ${colorScheme}`);
        await page.context().close();
      }
    }
    const page = await open({ javaScriptEnabled: false, viewport: sizes.phone });
    await beChallenged(page);
    await page.waitForSelector("noscript strong");
    await page.screenshot({ path: path.join(folder, "phone-without-javascript.png") });
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

try {
  await stories[story]();
} finally {
  await browser.close();
}
