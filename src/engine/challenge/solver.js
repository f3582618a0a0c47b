"use strict";
const say = (text) => { document.getElementById("unstuff-status").textContent = text; };
const bar = document.getElementById("unstuff-progress");

// Runs in a worker: finds the number for one part of the puzzle at a time. SHA-256 of a text
// of one block, of which only the first word matters. The number is counted up in place.
const work = () => {
  const K = new Int32Array(64), H = new Int32Array(8), W = new Int32Array(64);
  for (let p = 2, n = 0; n < 64; p++) {
    let prime = true;
    for (let d = 2; d * d <= p; d++) if (p % d === 0) prime = false;
    if (!prime) continue;
    if (n < 8) H[n] = (Math.sqrt(p) % 1) * 4294967296;
    K[n++] = (Math.cbrt(p) % 1) * 4294967296;
  }
  const firstWord = () => {
    for (let i = 16; i < 64; i++) {
      const x = W[i - 15], y = W[i - 2];
      W[i] = W[i - 16] + W[i - 7]
        + ((x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3)
        + ((y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10) | 0;
    }
    let a = H[0], b = H[1], c = H[2], d = H[3], e = H[4], f = H[5], g = H[6], h = H[7];
    for (let i = 0; i < 64; i++) {
      const s = h + K[i] + W[i] + (e & f ^ ~e & g)
        + ((e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7)) | 0;
      const t = (a & b ^ a & c ^ b & c)
        + ((a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10)) | 0;
      h = g; g = f; f = e; e = d + s | 0; d = c; c = b; b = a; a = s + t | 0;
    }
    return a + H[0] | 0;
  };
  return (seed, part, bits) => {
    for (let digits = 1; ; digits++) {
      const from = digits === 1 ? 0 : 10 ** (digits - 1);
      const text = `${seed}:${part}:${from}`, end = text.length;
      W.fill(0);
      for (let i = 0; i < end; i++) W[i >> 2] |= text.charCodeAt(i) << 24 - 8 * (i & 3);
      W[end >> 2] |= 128 << 24 - 8 * (end & 3);
      W[15] = 8 * end;
      for (let n = from; n < 10 ** digits; n++) {
        if (firstWord() >>> 32 - bits === 0) return n;
        let at = end - 1;
        for (let carry = n + 1; carry % 10 === 0 && at >= end - digits; carry /= 10, at--) {
          W[at >> 2] -= 9 << 24 - 8 * (at & 3);
        }
        if (at >= end - digits) W[at >> 2] += 1 << 24 - 8 * (at & 3);
      }
    }
  };
};

// Each worker takes the next part as soon as it has done one.
const solve = (puzzle) => new Promise((resolve, reject) => {
  const code = `const solve=(${work})();onmessage=({data:[s,p,b]})=>postMessage([p,solve(s,p,b)])`;
  const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  const found = [], workers = [];
  let next = 0, done = 0;
  const stop = () => workers.forEach((worker) => worker.terminate());
  const count = Math.min(Math.max(navigator.hardwareConcurrency || 2, 1), 4);
  for (let i = 0; i < count; i++) {
    const worker = new Worker(url);
    const give = () => next < puzzle.parts && worker.postMessage([puzzle.seed, next++, puzzle.bits]);
    worker.onerror = (error) => { stop(); reject(error); };
    worker.onmessage = ({ data: [part, number] }) => {
      found[part] = number;
      bar.value = ++done;
      if (done === puzzle.parts / 2) say("Halfway there.");
      if (done < puzzle.parts) return give();
      stop();
      resolve([puzzle.token, ...found].join("."));
    };
    workers.push(worker);
    give();
  }
});

// The answer to a solution that came too late holds another puzzle.
const run = async (puzzle) => {
  for (let tries = 0; tries < 3; tries++) {
    bar.max = puzzle.parts;
    bar.value = 0;
    const solution = await solve(puzzle);
    const answer = await fetch(location.pathname, {
      headers: { "x-unstuff-redeem": solution }, cache: "no-store", redirect: "manual",
    });
    if (answer.headers.get("x-unstuff-reply") === "pass") {
      say("Done. Taking you back to log in.");
      return location.replace(page.login);
    }
    puzzle = (await answer.json()).puzzle;
  }
  throw new Error("no pass");
};
run(page.puzzle).catch(() => {
  bar.hidden = true;
  say("This did not work. Go back to the login page and try again.");
});
