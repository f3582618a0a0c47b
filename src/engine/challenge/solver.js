"use strict";
// Solves a puzzle in workers: `solve(puzzle, progress)` is a promise of the solution's text.
// `progress` is called with the number of parts that are done. It touches nothing of a document.

// The source of a function: the first word of the SHA-256 of a text of one block, which is in
// `words`. Round by round instead of in loops over arrays, and without adding the words that are
// always zero: half again as fast.
const firstWord = () => {
  const K = [], H = [];
  for (let p = 2; K.length < 64; p++) {
    let prime = true;
    for (let d = 2; d * d <= p; d++) if (p % d === 0) prime = false;
    if (!prime) continue;
    if (H.length < 8) H.push((Math.sqrt(p) % 1) * 4294967296 | 0);
    K.push((Math.cbrt(p) % 1) * 4294967296 | 0);
  }
  const rotate = (x, ...by) => by.map((n) => `(${x} >>> ${n} | ${x} << ${32 - n})`).join(" ^ ");
  const names = [..."abcdefgh"];
  const lines = names.map((name, i) => `let ${name} = ${H[i]}`);
  // Texts have at most 35 bytes (a number of nine digits): the words from 9 to 14 are empty.
  for (let i = 0; i < 16; i++) lines.push(`let w${i} = ${i < 9 || i === 15 ? `words[${i}]` : 0}`);
  for (let i = 0; i < 64; i++) {
    const [a, b, c, d, e, f, g, h] = names;
    const [w, x, y, z] = [0, 1, 9, 14].map((ahead) => `w${(i + ahead) % 16}`);
    if (i > 15) {
      lines.push(`${w} = ${w} + ${y} + (${rotate(x, 7, 18)} ^ ${x} >>> 3)
        + (${rotate(z, 17, 19)} ^ ${z} >>> 10) | 0`);
    }
    lines.push(
      `${h} = ${h} + ${K[i]} + ${w} + (${e} & ${f} ^ ~${e} & ${g}) + (${rotate(e, 6, 11, 25)}) | 0`,
      `${d} = ${d} + ${h} | 0`,
      `${h} = ${h} + (${a} & ${b} ^ ${a} & ${c} ^ ${b} & ${c}) + (${rotate(a, 2, 13, 22)}) | 0`,
    );
    // What was h is a now, and the others move up.
    names.unshift(names.pop());
  }
  return `(words) => { ${lines.join(";\n")}; return a + ${H[0]} | 0; }`;
};

// Runs in a worker: finds the number for one part of the puzzle. The number is counted up in
// place, in the text.
const work = (firstWord) => {
  const W = new Int32Array(16);
  return (seed, part, bits) => {
    for (let digits = 1; ; digits++) {
      const from = digits === 1 ? 0 : 10 ** (digits - 1);
      const text = `${seed}:${part}:${from}`, end = text.length;
      W.fill(0);
      for (let i = 0; i < end; i++) W[i >> 2] |= text.charCodeAt(i) << 24 - 8 * (i & 3);
      W[end >> 2] |= 128 << 24 - 8 * (end & 3);
      W[15] = 8 * end;
      for (let n = from; n < 10 ** digits; n++) {
        if (firstWord(W) >>> 32 - bits === 0) return n;
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
const solve = (puzzle, progress) => new Promise((resolve, reject) => {
  const code = `const solve=(${work})(${firstWord()});
    onmessage=({data:[s,p,b]})=>postMessage([p,solve(s,p,b)])`;
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
      progress(++done);
      if (done < puzzle.parts) return give();
      stop();
      resolve([puzzle.token, ...found].join("."));
    };
    workers.push(worker);
    give();
  }
});
