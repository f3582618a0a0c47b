const secret = "only for tests on loopback";

module.exports = {
  // The panel's pages take minutes to build. Its API serves without them.
  serveAdminPanel: false,
  auth: { secret },
  apiToken: { salt: secret },
  transfer: { token: { salt: secret } },
  secrets: { encryptionKey: secret },
  // Its own limit, five attempts in five minutes, would hide what the filter does.
  rateLimit: { enabled: false },
};
