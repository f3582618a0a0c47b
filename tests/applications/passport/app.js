// Passport's guide: express, express-session and passport-local, with a redirect to /login on
// failure.
"use strict";

const crypto = require("node:crypto");
const { createRequire } = require("node:module");

const from = createRequire(`${process.env.PACKAGES}/package.json`);
const express = from("express");
const session = from("express-session");
const passport = from("passport");
const LocalStrategy = from("passport-local");

const digest = (password) => crypto.scryptSync(password, "tests", 32, { N: 1024 });
const users = new Map([["alice", digest(process.env.PASSWORD)]]);

passport.use(new LocalStrategy((username, password, done) => {
  const known = users.get(username);
  if (!known || !crypto.timingSafeEqual(known, digest(password))) {
    console.log(`login failed: ${username}`);
    return done(null, false, { message: "Incorrect username or password." });
  }
  console.log(`login succeeded: ${username}`);
  return done(null, { username });
}));
passport.serializeUser((user, done) => done(null, user.username));
passport.deserializeUser((username, done) => done(null, { username }));

const app = express();
app.use(express.urlencoded({ extended: true }));
app.use(express.json());
app.use(session({ secret: "only for tests on loopback", resave: false, saveUninitialized: false }));
app.use(passport.session());

app.get("/login", (request, response) => {
  const said = (request.session.messages ?? []).map((text) => `<p>${text}</p>`).join("");
  response.send(`<!doctype html><html lang="en"><title>Log in</title>${said}
<form method="post" action="/login/password"><input name="username" id="username">
<input name="password" id="password" type="password"><button>Log in</button></form></html>`);
});
const login = passport.authenticate("local", {
  successReturnToOrRedirect: "/private", failureRedirect: "/login", failureMessage: true, keepSessionInfo: true,
});
app.post("/login/password", login);
app.post("/login", login);
app.post("/logout", (request, response, next) => request.logout((error) => error ? next(error) : response.redirect("/login")));
app.get("/private", (request, response) => {
  if (request.isAuthenticated()) return response.send(`<!doctype html><title>Private</title><h1>Welcome, ${request.user.username}</h1>`);
  request.session.returnTo = request.originalUrl;
  return response.redirect("/login");
});
app.listen(Number(process.argv[2]), "127.0.0.1");
