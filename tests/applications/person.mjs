// A person logs in with a headless Chromium.
//
// usage: node person.mjs mistypes PERSON PASSWORD URL MISTYPES
//        node person.mjs types PERSON PASSWORD LOGINS CHALLENGED_URL FREE_URL
//
// PERSON is the object `person` of an application.json. In `mistypes` the challenge is shown. In
// `types` it is not: prints, as JSON, the milliseconds from the click to the arrival where every login
// is challenged and the page has the script, and where no login is challenged. The exit code is 0 if
// the person is where the login leads, and logged in.

import assert from "node:assert/strict";
import { browser, run } from "../browser/launch.mjs";

const [story, text, password, ...others] = process.argv.slice(2);
const person = JSON.parse(text);
// Generous, because a busy machine must not fail a test.
const TIMEOUT_MS = 45_000;
const HURRIED_KEY_MS = 40;
const KEY_MS = 200;

// A page of a new browser. `page.challenges` counts how often the challenge was shown.
const open = async (url) => {
  const context = await browser.newContext({ locale: "en-GB" });
  context.setDefaultTimeout(TIMEOUT_MS);
  const page = await context.newPage();
  page.challenges = 0;
  page.on("response", (response) => {
    if (response.headers()["x-unstuff-reply"] === "challenge") page.challenges += 1;
  });
  await page.goto(url + person.page);
  return page;
};

const type = async (page, typed, delay) => {
  const name = page.locator(person.username);
  await name.fill("");
  await name.pressSequentially(person.types, { delay });
  // Again if the page empties the field meanwhile, as WordPress' does.
  const field = page.locator(person.password);
  for (let tries = 0; tries < 5 && (await field.inputValue()) !== typed; tries++) {
    await field.fill("");
    await field.pressSequentially(typed, { delay });
  }
};

const arrives = async (page) => {
  const isThere = (at) => (at.pathname + at.search).startsWith(person.arrives);
  await page.waitForURL(isThere, { waitUntil: "commit" });
  await page.waitForSelector(`text=${person.shows}`, { state: "attached" });
};

// The element that the module cannot add to this page as it must be, with the attributes of
// `docs/invisible.md`.
const addScript = (page) => page.evaluate((attributes) => new Promise((loaded, failed) => {
  const script = document.createElement("script");
  const all = { src: "/.well-known/unstuff/client.js", ...attributes };
  for (const [name, value] of Object.entries(all)) script.setAttribute(name, value);
  script.onload = loaded;
  script.onerror = () => failed(new Error("the script is not there"));
  document.head.append(script);
}), person.script);

// One login: the milliseconds from the click to the arrival.
const time = async (url, hasScript, delay = KEY_MS) => {
  const page = await open(url);
  await page.waitForSelector(person.password);
  if (hasScript && person.script) await addScript(page);
  const scripts = await page.locator('script[src*="/.well-known/unstuff/client.js"]').count();
  assert.equal(scripts > 0, hasScript, "whether the page has the script");
  await type(page, password, delay);
  const before = performance.now();
  await page.click(person.submit);
  await arrives(page);
  const elapsed = performance.now() - before;
  assert.equal(page.challenges, 0, "a challenge was shown");
  await page.context().close();
  return elapsed;
};

const stories = {
  async mistypes(url, mistypes) {
    const page = await open(url);
    const logIn = async (typed) => {
      await type(page, typed, HURRIED_KEY_MS);
      const answered = page.waitForResponse((response) => response.request().method() === "POST");
      await page.click(person.submit);
      return answered;
    };
    for (let n = 0; n < Number(mistypes); n++) {
      await page.waitForSelector(person.password);
      await logIn(`mistyped-${n}`);
      await page.waitForLoadState();
      assert.equal(page.challenges, 0, "a mistype was challenged");
      if (person.refused) await page.waitForSelector(`text=${person.refused}`);
    }
    // The login with the right password is challenged. The page leads back, and what was typed is gone.
    await logIn(password);
    await page.waitForFunction(
      ([field]) => document.querySelector(field)?.value === "", [person.password], { polling: 100 });
    assert.ok(page.challenges > 0, "the challenge was not shown");
    await logIn(password);
    await arrives(page);
  },

  // In turns, so that a busy moment of the machine meets both ways. The first login of each, which is
  // not challenged, is not counted: it fills the caches of the application.
  async types(logins, challenged, free) {
    await time(challenged, true, HURRIED_KEY_MS);
    await time(free, false, HURRIED_KEY_MS);
    const times = { challenged: [], free: [] };
    for (let n = 0; n < Number(logins); n++) {
      times.challenged.push(await time(challenged, true));
      times.free.push(await time(free, false));
    }
    console.log(JSON.stringify(times));
  },
};

await run(stories, story, ...others);
