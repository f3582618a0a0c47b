// A GraphQL server, graphql-yoga, whose mutation `login` answers a failure with 200 and an error.
"use strict";

const crypto = require("node:crypto");
const { createServer } = require("node:http");
const { createRequire } = require("node:module");

const from = createRequire(`${process.env.PACKAGES}/package.json`);
const { createSchema, createYoga } = from("graphql-yoga");
const { GraphQLError } = from("graphql");

const digest = (password) => crypto.scryptSync(password, "tests", 32, { N: 1024 });
const users = new Map([["alice@example.com", digest(process.env.PASSWORD)]]);

const schema = createSchema({
  typeDefs: `type Session { token: String!, email: String! }
    type Query { greeting: String! }
    type Mutation { login(email: String!, password: String!): Session!, note(text: String!): String! }`,
  resolvers: {
    Query: { greeting: () => "hello" },
    Mutation: {
      note: (_, { text }) => text,
      login: (_, { email, password }) => {
        const known = users.get(email);
        if (!known || !crypto.timingSafeEqual(known, digest(password))) {
          console.log(`login failed: ${email}`);
          throw new GraphQLError("Invalid email or password", { extensions: { code: "UNAUTHENTICATED" } });
        }
        console.log(`login succeeded: ${email}`);
        return { token: crypto.randomBytes(16).toString("hex"), email };
      },
    },
  },
});

// The page of a single-page application.
const PAGE = `<!doctype html><html lang="en"><title>Log in</title>
<form><input name="username" id="username"><input name="password" id="password" type="password">
<button>Log in</button></form><h1></h1><script>
document.forms[0].addEventListener("submit", async (event) => {
  event.preventDefault();
  const { username, password } = event.target.elements;
  const query = "mutation Login($email: String!, $password: String!) { login(email: $email, password: $password) { token email } }";
  const answer = await fetch("/graphql", { method: "POST", headers: { "content-type": "application/json" },
    body: JSON.stringify({ query, operationName: "Login", variables: { email: username.value, password: password.value } }) });
  // A challenge is a page of its own: the form goes there, and comes back.
  if (answer.headers.get("x-unstuff-reply") === "challenge") {
    Object.assign(event.target, { method: "post", action: "/graphql" });
    return event.target.submit();
  }
  const said = answer.ok ? await answer.json() : {};
  document.querySelector("h1").textContent = said.data?.login ? "Welcome, " + said.data.login.email : "Answer " + answer.status;
});
</script></html>`;

const yoga = createYoga({ schema, batching: { limit: 100 }, graphqlEndpoint: "/graphql", maskedErrors: false, logging: false });
createServer((request, response) => {
  // The way back from the challenge adds to the query.
  if (request.url.split("?")[0] !== "/") return yoga(request, response);
  return response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(PAGE);
}).listen(Number(process.argv[2]), "127.0.0.1");
