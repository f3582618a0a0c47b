// Stories of people that a challenge sends to a page of envoy/handover.
//
// usage: node handover.mjs STORY URL NAME [HOST …]
//
// The site has the page at /prove. NAME names the pictures, and HOST is asked for by the page.

import assert from "node:assert/strict";
import { loads, look, open, run } from "./launch.mjs";

const [story, url, name, ...hosts] = process.argv.slice(2);
const RIGHT = "the-right-password";

const type = async (page, password) => {
  await page.goto(`${url}/login`);
  await page.fill("#user", "alice");
  await page.fill("#password", password);
  await loads(page, () => page.click("button"));
};

// The second login is challenged, and leads to the page.
const beSent = async (options) => {
  const page = await open(options);
  await type(page, "mistyped");
  await type(page, RIGHT);
  await page.waitForSelector("text=One moment before you log in");
  return page;
};

const stories = {
  // The widget solves its puzzle by itself; the person clicks once.
  async solves() {
    const page = await beSent();
    await page.waitForSelector("text=Verified");
    await look(page, `handover-${name}`);
    await page.click("button:has-text('Go on')");
    await page.waitForSelector("#password");
    assert.equal(page.url(), `${url}/login?unstuff=again`);
    await type(page, RIGHT);
    assert.equal(await page.textContent("h1"), "Welcome");
    assert.deepEqual([...page.hosts], [new URL(url).host]);
  },

  // No script of the provider arrives, as with a content blocker.
  async blocked() {
    const page = await beSent();
    await page.waitForSelector("#blocked:not([hidden])");
    const text = (await page.textContent("#blocked")).replace(/\s+/g, " ");
    assert.match(text, /^The check could not be loaded\. Please allow .* in your content blocker/);
    await look(page, `handover-${name}-blocked`);
    page.hosts.delete(new URL(url).host);
    assert.deepEqual([...page.hosts].sort(), hosts.sort());
    await page.click("button:has-text('Go on')");
    await page.waitForSelector("text=That was not accepted. Please try again.");
  },

  async without_javascript() {
    const page = await beSent({ javaScriptEnabled: false });
    assert.match(await page.textContent("noscript p"), /^This check needs JavaScript\./);
  },
};

await run(stories, story);
