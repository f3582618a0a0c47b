// A headless browser, its pages, and what is asked of every page that people see.
//
// `UNSTUFF_BROWSER` names the browser: `chromium`, which is driven if nothing is named, or `firefox`.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { mkdirSync, readFileSync } from "node:fs";
import path from "node:path";

export const root = path.resolve(import.meta.dirname, "../..");
const require = createRequire(path.join(root, "target/npm/package.json"));
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
// Generous, because a busy machine must not fail a test.
export const TIMEOUT_MS = 60_000;
const SIZES = { phone: { width: 375, height: 667 }, desktop: { width: 1280, height: 800 } };

// A name that is not `localhost`, where browsers keep no `Secure` cookie without TLS.
export const PLAIN_HOST = "site.test";

const name = process.env.UNSTUFF_BROWSER || "chromium";
const executablePath = readFileSync(path.join(root, "target/setup", name), "utf8").trim();
// The folder of this browser's screenshots, to be looked at.
export const shots = path.join(root, "target/browser", name);
mkdirSync(shots, { recursive: true });
const { launch } = await import(`./${name}.mjs`);
// Beside Playwright's options, `newContext` takes `cookies: false` of a person who allows no site a cookie.
// `bodyOf` is what a request sends.
export const { browser, newContext, bodyOf } = await launch(require("playwright-core"), executablePath, PLAIN_HOST);

// The answer to a request that is held.
export const fetchFor = async (route) => route.fetch({ postData: await bodyOf(route.request()) });

// A page of a new browser. `page.hosts` are those that it has asked for something.
export const open = async (options = {}) => {
  const context = await newContext(options);
  context.setDefaultTimeout(TIMEOUT_MS);
  const page = await context.newPage();
  page.hosts = new Set();
  page.on("request", (request) => {
    const { protocol, host } = new URL(request.url());
    if (protocol.startsWith("http")) page.hosts.add(host);
  });
  return page;
};

// Does what leads to another page, until that page is there. Not every browser's click waits for it.
export const loads = async (page, act) => {
  const loaded = page.waitForEvent("load");
  await act();
  await loaded;
};

// Nothing scrolls sideways.
export const fits = async (page, name) => {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  assert.equal(wide, false, `${name}: the page must not scroll sideways`);
};

// axe finds nothing.
export const isAccessible = async (page, name) => {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  const found = violations.map(({ id, impact, nodes }) => `${impact}: ${id} ${nodes[0].html}`);
  assert.deepEqual(found, [], name);
};

// Looks at a page in two widths and two colours. The screenshots are NAME-….png.
export const look = async (page, name) => {
  for (const [size, viewport] of Object.entries(SIZES)) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: path.join(shots, `${name}-${size}-${colorScheme}.png`) });
      await fits(page, `${name}, ${size}`);
      await isAccessible(page, `${name}, ${size}, ${colorScheme}`);
    }
  }
};

// Runs the story that the command line names, and closes the browser.
export const run = async (stories, story, ...others) => {
  try {
    await stories[story](...others);
  } catch (error) {
    const page = browser.contexts().at(-1)?.pages()[0];
    if (page) console.error(`at ${page.url()}\n${(await page.content()).slice(0, 3000)}`);
    throw error;
  } finally {
    await browser.close();
  }
};
