// Chromium, for `launch.mjs`.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

export const launch = async ({ chromium }, executablePath, plainHost) => {
  const launched = {
    executablePath, args: ["--no-sandbox", `--host-resolver-rules=MAP ${plainHost} 127.0.0.1`],
  };
  const browser = await chromium.launch(launched);

  // A browser of its own, as a person sets it in the settings.
  const withoutCookies = async (options) => {
    const profile = mkdtempSync(path.join(tmpdir(), "unstuff-"));
    mkdirSync(path.join(profile, "Default"));
    const content = { default_content_setting_values: { cookies: 2 } };
    writeFileSync(path.join(profile, "Default/Preferences"), JSON.stringify({ profile: content }));
    const context = await chromium.launchPersistentContext(profile, { ...launched, ...options });
    // Its files are complete, and can be removed, once it has ended.
    const close = context.close.bind(context);
    context.close = async () => {
      await close();
      rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    };
    return context;
  };

  return {
    browser,
    newContext: ({ cookies = true, ...options }) => cookies ? browser.newContext(options) : withoutCookies(options),
    bodyOf: async (request) => request.postDataBuffer() ?? undefined,
  };
};
