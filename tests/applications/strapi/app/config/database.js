module.exports = ({ env }) => ({
  connection: {
    client: "mysql",
    connection: {
      socketPath: `${env("STATE")}/mariadb.sock`, user: "alice", password: env("PASSWORD"), database: "strapi",
    },
  },
});
