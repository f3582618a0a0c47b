// The way of a person through the page: solve the puzzle, exchange it for a pass, go back to log in.
// It follows `solver.js` in one script, after `const page = …`.

const say = (text) => { document.getElementById("unstuff-status").textContent = text; };
const bar = document.getElementById("unstuff-progress");

// The login page with the query that it had, such as `?next=…`, if the person comes from that page
// of this site. A trailing slash makes no difference.
const loginPage = () => {
  const to = new URL(page.login, location.href);
  const from = document.referrer ? new URL(document.referrer) : to;
  const place = ({ origin, pathname }) => origin + pathname.replace(/\/+$/, "");
  return from.origin === location.origin && place(from) === place(to) ? from.href : to.href;
};

// The answer to a solution that came too late holds another puzzle.
const run = async (puzzle) => {
  for (let tries = 0; tries < 3; tries++) {
    bar.max = puzzle.parts;
    bar.value = 0;
    const solution = await solve(puzzle, (done) => {
      bar.value = done;
      if (done === puzzle.parts / 2) say("Halfway there.");
    });
    const answer = await fetch(location.pathname, {
      headers: { "x-unstuff-redeem": solution }, cache: "no-store", redirect: "manual",
    });
    if (answer.headers.get("x-unstuff-reply") === "pass") {
      say("Done. Taking you back to log in.");
      return location.replace(loginPage());
    }
    puzzle = (await answer.json()).walk;
  }
  throw new Error("no pass");
};
run(page.puzzle).catch(() => {
  bar.hidden = true;
  say("This did not work. Go back to the login page and try again.");
});
