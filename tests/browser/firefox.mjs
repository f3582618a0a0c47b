// Firefox as Debian ships it, for `launch.mjs`.
//
// Playwright drives it by WebDriver BiDi, whose commands are younger than this Firefox. What is missing is set
// where a person's settings end up: in the preferences, and in the object of the tab, which scripts of the
// browser's own window reach. Playwright's inner objects are used for it, so `setup/browser` pins its version.

import { writeFileSync } from "node:fs";

const MEDIA = "emulation.setMediaFeaturesOverride";
const REJECT_ALL_COOKIES = 2;

export const launch = async ({ firefox }, executablePath, plainHost) => {
  const browser = await firefox.launch({
    channel: "moz-firefox",
    executablePath,
    args: ["--remote-allow-system-access"],
    firefoxUserPrefs: {
      "network.dns.localDomains": plainHost,
      // No icon is fetched, as in a headless Chromium: our content security policy forbids it.
      "browser.chrome.site_icons": false,
    },
  });
  const inner = (object) => browser._connection.toImpl(object);
  const session = inner(browser)._browserSession;
  const sessions = Object.getPrototypeOf(session);
  const send = sessions.send;
  const ask = (method, parameters) => send.call(session, method, parameters);

  // The browser's own window, which is there before any page.
  const { contexts: [{ context: ownWindow }] } = await ask("browsingContext.getTree", { "moz:scope": "chrome" });
  const runInside = async (expression) => {
    const { type, exceptionDetails } = await ask("script.evaluate", {
      expression, target: { context: ownWindow }, awaitPromise: false,
    });
    if (type !== "success") throw new Error(`${expression}: ${exceptionDetails.text}`);
  };
  const setTab = (tab, properties) => runInside(`{
    const { NavigableManager } = ChromeUtils.importESModule("chrome://remote/content/shared/NavigableManager.sys.mjs");
    Object.assign(NavigableManager.getBrowsingContextById("${tab}"), ${JSON.stringify(properties)});
  }`);
  const coloured = (scheme) => ({ prefersColorSchemeOverride: scheme ?? "light" });

  sessions.send = async function (method, parameters) {
    if (method !== MEDIA) return send.call(this, method, parameters);
    // A whole context has no tab yet: `newContext` sets the colours of each.
    for (const tab of parameters.contexts ?? []) {
      await setTab(tab, coloured(parameters.features["prefers-color-scheme"]));
    }
    return {};
  };

  // Playwright does not ask for what a request sends.
  await ask("network.addDataCollector", { dataTypes: ["request"], maxEncodedDataSize: 1_000_000 });
  const ids = new WeakMap();
  const noteRequests = ({ _session, _networkManager }) =>
    _session.on("network.beforeRequestSent", ({ request: { request: id } }) => {
      const known = _networkManager._requests.get(id);
      if (known) ids.set(known.request, id);
    });

  return {
    browser,
    async newContext({ cookies = true, javaScriptEnabled = true, ...options }) {
      const pref = '"network.cookie.cookieBehavior"';
      await runInside(cookies ? `Services.prefs.clearUserPref(${pref})` : `Services.prefs.setIntPref(${pref}, ${REJECT_ALL_COOKIES})`);
      const context = await browser.newContext(options);
      const newPage = context.newPage.bind(context);
      context.newPage = async () => {
        const page = await newPage();
        const { delegate } = inner(page);
        const tab = delegate._session.sessionId;
        noteRequests(delegate);
        // Playwright's own adds a style to the page, which our content security policy forbids.
        page.screenshot = async ({ path }) => {
          const { data } = await ask("browsingContext.captureScreenshot", { context: tab });
          writeFileSync(path, data, "base64");
        };
        await setTab(tab, { allowJavascript: javaScriptEnabled, ...coloured(options.colorScheme) });
        return page;
      };
      return context;
    },
    async bodyOf(request) {
      if (request.method() !== "POST") return undefined;
      const { bytes } = await ask("network.getData", { dataType: "request", request: ids.get(inner(request)) });
      return Buffer.from(bytes.value, bytes.type === "base64" ? "base64" : "utf8");
    },
  };
};
