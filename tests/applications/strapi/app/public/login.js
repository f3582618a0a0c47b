// The page of a single-page application, as Strapi's guides have it. Its policy of content wants
// scripts in files.
document.forms[0].addEventListener("submit", async (event) => {
  event.preventDefault();
  const fields = Object.fromEntries(new FormData(event.target));
  const answer = await fetch("/api/auth/local", {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(fields),
  });
  // A challenge is a page of its own: the form goes there, and comes back.
  if (answer.headers.get("x-unstuff-reply") === "challenge") {
    Object.assign(event.target, { method: "post", action: "/api/auth/local" });
    return event.target.submit();
  }
  const said = await answer.json();
  document.querySelector("h1").textContent = answer.ok ? "Welcome, " + said.user.username : said.error.message;
});
