// A new Strapi gets its two accounts: alice of the API and alice of the admin panel.
"use strict";

module.exports = {
  async bootstrap({ strapi }) {
    const password = process.env.PASSWORD;
    const email = "alice@example.com";
    const users = strapi.plugin("users-permissions").service("user");
    const role = await strapi.db.query("plugin::users-permissions.role").findOne({ where: { type: "authenticated" } });
    await users.add({ username: "alice", email, password, provider: "local", confirmed: true, role: role.id });
    const { id } = await strapi.service("admin::role").getSuperAdmin();
    await strapi.service("admin::user").create({ firstname: "Alice", email, password, isActive: true, roles: [id] });

    strapi.eventHub.on("admin.auth.error", () => console.log("login failed: the admin panel"));
    strapi.eventHub.on("admin.auth.success", () => console.log("login succeeded: the admin panel"));
  },
};
