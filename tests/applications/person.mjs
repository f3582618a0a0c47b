// A person logs in with a headless Chromium: mistypes, is challenged, and gets in.
//
// usage: node person.mjs URL PASSWORD MISTYPES PERSON
//
// PERSON is the object `person` of an application.json. Prints, as JSON, how often the challenge
// was shown. The exit code is 0 if the person is where the login leads, and logged in.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "../..");
const require = createRequire(path.join(root, "target/npm/package.json"));
const { chromium } = require("playwright-core");
const executablePath = readFileSync(path.join(root, "target/setup/chromium"), "utf8").trim();

const [url, password, mistypes, text] = process.argv.slice(2);
const person = JSON.parse(text);
// Generous, because a busy machine must not fail a test.
const TIMEOUT_MS = 45_000;

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
try {
  const context = await browser.newContext({ locale: "en-GB" });
  context.setDefaultTimeout(TIMEOUT_MS);
  const page = await context.newPage();
  let challenges = 0;
  page.on("response", (response) => {
    if (response.headers()["x-unstuff-reply"] === "challenge") challenges += 1;
  });

  const type = async (typed) => {
    await page.fill(person.username, person.types);
    // At a person's pace, and again if the page empties the field meanwhile, as WordPress' does.
    const field = page.locator(person.password);
    for (let tries = 0; tries < 5 && (await field.inputValue()) !== typed; tries++) {
      await field.fill("");
      await field.pressSequentially(typed, { delay: 40 });
    }
    const answered = page.waitForResponse((response) => response.request().method() === "POST");
    await page.click(person.submit);
    return answered;
  };

  await page.goto(url + person.page);
  for (let n = 0; n < Number(mistypes); n++) {
    await page.waitForSelector(person.password);
    const before = challenges;
    await type(`mistyped-${n}`);
    await page.waitForLoadState();
    assert.equal(challenges, before, "a mistype was challenged");
    if (person.refused) await page.waitForSelector(`text=${person.refused}`);
  }
  // The login with the right password is challenged. The page leads back, and what was typed is gone.
  await type(password);
  await page.waitForFunction(
    ([field]) => document.querySelector(field)?.value === "", [person.password], { polling: 100 });
  assert.ok(challenges > 0, "the challenge was not shown");
  await type(password);
  await page.waitForURL((at) => (at.pathname + at.search).startsWith(person.arrives));
  await page.waitForSelector(`text=${person.shows}`, { state: "attached" });
  console.log(JSON.stringify({ challenges }));
} catch (error) {
  const [page] = browser.contexts()[0]?.pages() ?? [];
  if (page) console.error(`at ${page.url()}\n${(await page.content()).slice(0, 1500)}`);
  throw error;
} finally {
  await browser.close();
}
