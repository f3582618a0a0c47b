module.exports = {
  "users-permissions": {
    config: {
      jwtSecret: "only for tests on loopback",
      // Its own limit, ten attempts in a minute, would hide what the filter does.
      ratelimit: { enabled: false },
    },
  },
};
