// Stories of people who log in to the site of envoy/second-factor.
//
// usage: node second_factor.mjs STORY URL

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { loads, look, open, run } from "./launch.mjs";

const [story, url] = process.argv.slice(2);
const DEVICE = "__Host-unstuff-device";

const type = async (page, user, password) => {
  await page.goto(`${url}/accounts/login/`);
  await page.fill("[name=username]", user);
  await page.fill("[name=password]", password);
  await loads(page, () => page.click("button"));
};

const cookies = async (page) =>
  (await page.context().cookies()).map(({ name }) => name).filter((it) => it !== "csrftoken").sort();

// The right password alone: no session, no device that Unstuff knows, and no way to the account. The
// challenge for a passkey is kept in a session of nobody.
const isHalfLoggedIn = async (page, ...others) => {
  assert.equal(page.url(), `${url}/accounts/second-factor/`);
  assert.deepEqual(await cookies(page), ["half_login", ...others]);
  await page.goto(`${url}/account/`);
  assert.equal(page.url(), `${url}/accounts/login/?next=/account/`);
  await page.goto(`${url}/accounts/second-factor/`);
};

const isLoggedIn = async (page, by) => {
  await page.waitForURL(`${url}/account/`);
  await page.waitForSelector(`text=You have logged in with ${by}.`);
};

// The code of an app with this secret, which has six digits and changes every 30 seconds (RFC 6238).
const code = () => {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const mac = createHmac("sha1", "12345678901234567890").update(counter).digest();
  const number = mac.readUInt32BE(mac[19] & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, "0");
};

const stories = {
  async passkey() {
    const page = await open();
    const devtools = await page.context().newCDPSession(page);
    await devtools.send("WebAuthn.enable");
    const { authenticatorId } = await devtools.send("WebAuthn.addVirtualAuthenticator", {
      options: { protocol: "ctap2", transport: "internal", hasResidentKey: true,
        hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
    });
    // An ordinary login asks for nothing more.
    await type(page, "alice", "tulip-harbour-9-rain");
    await isLoggedIn(page, "your password");
    assert.deepEqual(await cookies(page), [DEVICE, "sessionid"]);
    await page.click("text=Add a passkey");
    await page.waitForSelector("[data-status-enum=success]");
    await page.context().clearCookies();

    for (let n = 0; n < 6; n++) await type(page, `user${n}`, "leaked-somewhere");
    await type(page, "alice", "tulip-harbour-9-rain");
    await isHalfLoggedIn(page);
    await page.waitForSelector("text=Use a passkey");
    await look(page, "second-factor-passkey");

    // An authenticator without the passkey does not get in.
    const { credentials } = await devtools.send("WebAuthn.getCredentials", { authenticatorId });
    await devtools.send("WebAuthn.clearCredentials", { authenticatorId });
    await page.click("text=Use a passkey");
    await page.waitForSelector("[data-status-enum=not-allowed-or-aborted]");
    await isHalfLoggedIn(page, "sessionid");
    const [credential] = credentials;
    await devtools.send("WebAuthn.addCredential", { authenticatorId, credential });
    await page.click("text=Use a passkey");
    await isLoggedIn(page, "a second factor");
    assert.deepEqual(await cookies(page), ["sessionid"]);
  },

  async code() {
    const page = await open();
    await type(page, "bob", "123456");
    await isHalfLoggedIn(page);
    await look(page, "second-factor-code");
    const used = code();
    await page.fill("[name=code]", used);
    await page.click("text=Log in");
    await isLoggedIn(page, "a second factor");
    assert.deepEqual(await cookies(page), ["sessionid"]);

    await page.context().clearCookies();
    await type(page, "bob", "123456");
    await page.fill("[name=code]", used);
    await page.click("text=Log in");
    await page.waitForSelector("text=That code is not right, or was used already.");
    await isHalfLoggedIn(page);
  },

  async neither() {
    const page = await open();
    await type(page, "carol", "123456");
    await isHalfLoggedIn(page);
    await page.waitForSelector("text=Your account has no second factor.");
  },
};

await run(stories, story);
