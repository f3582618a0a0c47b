// Stories of a person at a login page that has the script, for the tests in `invisible.rs`.
//
// usage: node invisible.mjs STORY URL [ARGUMENT]
//
// The pages are those of the test's application. Every login is challenged, unless the test says
// otherwise.

import assert from "node:assert/strict";
import { bodyOf, newContext, run, TIMEOUT_MS } from "./launch.mjs";

const [story, url, argument] = process.argv.slice(2);
const RIGHT = "the-right-password";
const KEY_MS = 200;

// A new browser, which notes every request and error of its pages.
const open = async () => {
  const context = await newContext({});
  context.setDefaultTimeout(TIMEOUT_MS);
  context.requests = [];
  context.errors = [];
  context.on("request", (request) => context.requests.push(request));
  context.on("console", (message) => {
    if (/content security policy/i.test(message.text())) context.errors.push(message.text());
  });
  context.on("weberror", (error) => context.errors.push(String(error.error())));
  return context;
};

const posts = (context) => context.requests.filter((request) => request.method() === "POST");
const asked = (context, header) => context.requests.filter((request) => header in request.headers());

const visit = async (context, path) => {
  const page = await context.newPage();
  await page.goto(url + path);
  return page;
};

const type = async (page, password, delay = KEY_MS) => {
  await page.locator("[name=user]").pressSequentially("alice", { delay });
  await page.locator("[name=password]").pressSequentially(password, { delay });
};

// Until a pass has come for a form that was touched.
const earned = (context) => context.waitForEvent("response", (answer) =>
  answer.headers()["x-unstuff-reply"] === "pass");

const isIn = (page) => page.waitForSelector("text=Welcome");

// One login, no page of the challenge, no request elsewhere, no error.
const sawNothing = async (context, logins = 1) => {
  assert.equal(posts(context).length, logins);
  for (const request of posts(context)) {
    const answer = await request.response();
    assert.equal(answer.headers()["x-unstuff-reply"], undefined);
  }
  const others = context.requests.map((request) => new URL(request.url()))
    .filter((to) => to.protocol !== "blob:" && to.origin !== new URL(url).origin);
  assert.deepEqual(others, []);
  assert.deepEqual(context.errors, []);
};

const stories = {
  // The argument is the path of the page.
  async types() {
    const context = await open();
    const page = await visit(context, argument);
    const pass = earned(context);
    await type(page, RIGHT);
    await pass;
    await page.click("button");
    await isIn(page);
    await sawNothing(context);
  },

  // A password manager fills in the form and sends it at once.
  async at_once() {
    const context = await open();
    const page = await visit(context, "/login");
    const isHeld = await page.evaluate((password) => {
      const form = document.forms[0];
      form.elements.user.value = "alice";
      form.elements.password.value = password;
      // Two clicks are one login.
      form.querySelector("button").click();
      form.querySelector("button").click();
      return form.getAttribute("aria-busy");
    }, RIGHT);
    assert.equal(isHeld, "true");
    await isIn(page);
    assert.equal(new URL(page.url()).pathname, "/account");
    await sawNothing(context);
  },

  // The pass is good for one attempt, which the mistyped password takes.
  async mistypes() {
    const context = await open();
    const page = await visit(context, "/login");
    for (const password of ["mistyped", RIGHT]) {
      const pass = earned(context);
      await type(page, password, 20);
      await pass;
      await page.click("button");
      await page.waitForSelector(password === RIGHT ? "text=Welcome" : "text=Wrong");
    }
    await sawNothing(context, 2);
  },

  // Another tab uses the only attempt of the pass that this one believes to be good.
  async resends() {
    const context = await open();
    const page = await visit(context, argument);
    const pass = earned(context);
    await type(page, RIGHT, 20);
    await pass;
    const other = await visit(context, argument);
    await type(other, RIGHT, 20);
    await other.click("button");
    await isIn(other);
    await page.click("button");
    await isIn(page);
    const replies = await Promise.all(posts(context).map(async (request) =>
      (await request.response()).headers()["x-unstuff-reply"]));
    assert.deepEqual(replies, [undefined, "challenge", undefined]);
    const [, first, second] = posts(context);
    // Of a `fetch`, Chromium does not tell it.
    assert.deepEqual(await bodyOf(first), await bodyOf(second));
    assert.deepEqual(context.errors, []);
  },

  // Cookies are gone before the login: the header alone brings the pass.
  async without_cookies() {
    const context = await open();
    const page = await visit(context, argument);
    const pass = earned(context);
    await type(page, RIGHT, 20);
    await pass;
    await context.clearCookies();
    await page.click("button");
    await isIn(page);
    await sawNothing(context);
  },

  // The page comes as ever, and the person types twice.
  async is_challenged() {
    const context = await open();
    const page = await visit(context, argument);
    const isNative = await page.evaluate(() =>
      [fetch, XMLHttpRequest.prototype.send].every((it) => String(it).includes("[native code]")));
    assert.equal(isNative, true);
    const challenged = page.waitForResponse((answer) => answer.status() === 403);
    await type(page, RIGHT, 20);
    assert.equal(asked(context, "x-unstuff-puzzle").length, 0);
    await page.click("button");
    assert.equal((await challenged).headers()["x-unstuff-reply"], "challenge");
    await page.waitForURL(`${url}/login`, { waitUntil: "load" });
    await type(page, RIGHT, 20);
    await page.click("button");
    await isIn(page);
  },

  // Nothing answers the script, and the login goes on without it.
  async goes_without() {
    const context = await open();
    await context.route("**/worker.js", (route) => route.abort());
    const page = await visit(context, "/login");
    await type(page, RIGHT, 20);
    await page.click("button");
    await isIn(page);
    assert.equal(asked(context, "x-unstuff-puzzle").length, 0);
  },

  // The milliseconds from the click to the account of as many logins as the argument says.
  async times() {
    const [count, path] = argument.split(" ");
    for (let n = 0; n < Number(count); n++) {
      const context = await open();
      const page = await visit(context, path);
      await type(page, RIGHT);
      const before = performance.now();
      await page.click("button");
      await isIn(page);
      console.log(performance.now() - before);
      await context.close();
    }
  },
};

await run(stories, story);
