// The way of a person through the page: solve the puzzle, exchange it for a pass, see that the browser
// kept it, go back to log in. It follows `solver.js`, in a block of its own after `const page = …`.
// Whatever goes wrong, it ends in a sentence that says what to do.

const { texts, wait } = page;
const [work, about, bar, status, without] = ["work", "about", "progress", "status", "without"]
  .map((name) => document.getElementById(`unstuff-${name}`));
// No progress for so long, and the wait is offered.
const PATIENCE_MS = 30_000;
// How long the person can read that all is done, unless they go on.
const READING_MS = 3_000;

const say = (text) => { status.textContent = text; };

// An element below the status, in place of the one that was there before.
let below;
const show = (name, text) => {
  below?.remove();
  below = Object.assign(document.createElement(name), { lang: page.lang, dir: page.dir, textContent: text });
  status.after(below);
};
const offer = (text, act) => {
  show("button", text);
  below.type = "button";
  below.onclick = act;
  below.focus();
};

// The login page, marked. If the form was sent without the query of the page that it is on, such as
// `?next=…`, that query is taken from where the person came: of this very page only, so that it leads
// nowhere else.
const back = () => {
  const to = new URL(page.login, location.href);
  const from = new URL(document.referrer || to);
  const place = ({ origin, pathname }) => origin + pathname.replace(/\/+$/, "");
  const fields = (to.search || place(from) === place(to) && from.search || "").slice(1).split("&");
  to.search = [...fields.filter((field) => field && !field.startsWith("unstuff=")), page.mark].join("&");
  return to.href;
};
// The application is told the page that the form was on as the referrer, as it was by the form:
// WordPress leads readers of a protected post by it.
const leave = () => {
  const to = back();
  if (document.referrer.startsWith(`${location.origin}/`)) history.replaceState(null, "", document.referrer);
  location.replace(to);
};

// The wait goes on beside the puzzle, and began when the page was made. A second more, because
// the server counts whole ones.
const over = performance.now() + 1000 * ((wait?.seconds ?? 0) + 1);
let ticking;
const stopWaiting = () => { ticking = clearInterval(ticking); };
const offerWait = () => {
  if (ticking) return;
  say(texts.wait);
  show("p", "");
  below.setAttribute("role", "timer");
  const until = Math.max(over, performance.now() + READING_MS);
  const tick = () => {
    const left = Math.max(0, Math.ceil((until - performance.now()) / 1000));
    below.textContent = texts.seconds.replace("{seconds}", left);
    if (left === 0) location.replace(wait.to);
  };
  ticking = setInterval(tick, 1000);
  tick();
};

// Nothing is being solved any more.
const end = (text) => {
  stopWaiting();
  below?.remove();
  if (about) about.hidden = true;
  say(text);
};

const done = () => {
  bar.value = bar.max;
  end(texts.done);
  offer(texts.go_on, leave);
  // Where nobody looks, nobody has read it.
  const soon = () => document.hidden || setTimeout(leave, READING_MS);
  document.addEventListener("visibilitychange", soon);
  soon();
};

const ask = (value) => fetch("?", {
  headers: { "x-unstuff-redeem": value }, cache: "no-store", redirect: "manual", signal: AbortSignal.timeout?.(20_000),
});
const isPass = (answer) => answer.headers.get("x-unstuff-reply") === "pass";

// Exchanges a solution for a pass. A solution that came too late gets another puzzle.
const exchange = async (solution) => {
  try {
    const answer = await ask(solution);
    if (!isPass(answer)) {
      const { walk } = await answer.json();
      if (walk) return walk;
      throw new Error("no puzzle");
    }
    if (isPass(await ask("kept"))) done();
    else stop(isSecureContext ? texts.cookies : texts.https);
  } catch {
    stopWaiting();
    say(texts.offline);
    await new Promise((again) => offer(texts.retry, again));
    below.remove();
    say(texts.solving);
    return exchange(solution);
  }
};

const stop = (text) => {
  bar.hidden = true;
  end(text);
};

const run = async (puzzle) => {
  let patience;
  const watch = () => {
    clearTimeout(patience);
    if (wait) patience = setTimeout(offerWait, PATIENCE_MS);
  };
  bar.hidden = false;
  try {
    for (let tries = 0; puzzle; tries++) {
      if (tries === 3) throw new Error("no pass");
      bar.max = puzzle.parts;
      bar.value = 0;
      watch();
      const solution = await solve(puzzle, (parts) => {
        watch();
        bar.value = parts;
        if (parts === puzzle.parts / 2 && !ticking) say(texts.halfway);
      });
      clearTimeout(patience);
      puzzle = await exchange(solution);
    }
  } catch {
    clearTimeout(patience);
    if (wait) {
      stop(texts.wait);
      offerWait();
    } else {
      stop(texts.failed);
      offer(texts.retry, () => { below.remove(); say(texts.solving); run(page.puzzle); });
    }
  }
};

if (without) without.hidden = true;
work.hidden = false;
status.setAttribute("role", "status");
Object.assign(status, { lang: page.lang, dir: page.dir });
run(page.puzzle);
