// Solves a puzzle: `solve(puzzle, progress)` is a promise of the solution's text; `progress` is
// called with the number of parts that are done. It touches nothing of a document.
const solve = (() => {
  // What tries numbers: `search(part, bits, from, tries)` is a number that solves the part, or -1.
  // It must stand alone, because workers are made of its text. `memory_walk.rs` describes the walk.
  const walker = (seed) => {
    const X = 0x9e3779b1, Y = 0x85ebca77;
    let [a, b, c, counter] = [0, 8, 16, 24].map((at) => parseInt(seed.slice(at, at + 8), 16));
    const memory = Int32Array.from({ length: 1040 }, () => {
      const word = a + b + counter++ | 0;
      a = b ^ b >>> 9;
      b = c + (c << 3) | 0;
      c = (c << 21 | c >>> 11) + word | 0;
      return word;
    }).subarray(16);
    // Four walks side by side, because one alone waits for its memory most of the time. They are
    // written out, because engines keep these numbers in registers and those of an array not.
    const p = memory.slice(), q = memory.slice(), r = memory.slice(), s = memory.slice();
    const four = (part, n) => {
      p.set(memory), q.set(memory), r.set(memory), s.set(memory);
      let x0 = Math.imul(n, X), x1 = x0 + X | 0, x2 = x1 + X | 0, x3 = x2 + X | 0;
      let y0 = Math.imul(part, Y) + n | 0, y1 = y0 + 1 | 0, y2 = y0 + 2 | 0, y3 = y0 + 3 | 0;
      for (let step = 0; step < 384; step++) {
        let i = x0 >>> 22, j = y0 >>> 22, v = p[i], w = p[j];
        p[i] = y0 = Math.imul(y0 ^ w, Y) + v | 0;
        p[j] = x0 = Math.imul(x0 ^ v, X) + (w << 16 | w >>> 16) | 0;
        i = x1 >>> 22, j = y1 >>> 22, v = q[i], w = q[j];
        q[i] = y1 = Math.imul(y1 ^ w, Y) + v | 0;
        q[j] = x1 = Math.imul(x1 ^ v, X) + (w << 16 | w >>> 16) | 0;
        i = x2 >>> 22, j = y2 >>> 22, v = r[i], w = r[j];
        r[i] = y2 = Math.imul(y2 ^ w, Y) + v | 0;
        r[j] = x2 = Math.imul(x2 ^ v, X) + (w << 16 | w >>> 16) | 0;
        i = x3 >>> 22, j = y3 >>> 22, v = s[i], w = s[j];
        s[i] = y3 = Math.imul(y3 ^ w, Y) + v | 0;
        s[j] = x3 = Math.imul(x3 ^ v, X) + (w << 16 | w >>> 16) | 0;
      }
      return [x0 ^ y0, x1 ^ y1, x2 ^ y2, x3 ^ y3];
    };
    return (part, bits, from, tries) => {
      for (let n = from; n < from + tries; n += 4) {
        const lane = four(part, n).findIndex((result) => Math.clz32(result) >= bits);
        if (lane >= 0) return n + lane;
      }
      return -1;
    };
  };

  // Runs in a worker. The zeros are signs of life, ten a second, however slow it is.
  const serve = (search) => {
    let tries = 64;
    onmessage = ({ data: [part, bits] }) => {
      for (let from = 0; ;) {
        const start = performance.now(), number = search(part, bits, from, tries);
        if (number >= 0) return postMessage([part, number]);
        postMessage(0);
        from += tries;
        if (performance.now() - start < 50) tries *= 2;
      }
    };
    postMessage(0);
  };

  return ({ algorithm, token, seed, parts, bits }, progress) => new Promise((resolve, reject) => {
    if (algorithm !== "memory-walk") throw new Error(`unknown puzzle: ${algorithm}`);
    const found = [], workers = [];
    let next = 0, done = 0, here = false, silence, url;

    const stop = () => {
      clearTimeout(silence);
      workers.forEach((worker) => worker.terminate());
      if (url) URL.revokeObjectURL(url);
    };
    const take = (part, number) => {
      found[part] = number;
      progress(++done);
      if (done === parts) stop(), resolve([token, ...found].join("."));
    };

    // What workers have left undone, in this thread: 8 milliseconds at a time, so that the page
    // stays usable. (Timeouts would be held up, in a page behind others by a second each.)
    const solveHere = () => {
      if (here) return;
      here = true;
      stop();
      const search = walker(seed), { port1, port2 } = new MessageChannel();
      let part = 0, from = 0;
      port1.onmessage = () => {
        const end = performance.now() + 8;
        while (done < parts && performance.now() < end) {
          while (part in found) part++, from = 0;
          const number = search(part, bits, from, 32);
          from += 32;
          if (number >= 0) take(part, number);
        }
        if (done < parts) port2.postMessage(0);
        else port1.close();
      };
      port2.postMessage(0);
    };

    // A worker that a policy forbids says so at once, with an event, or not at all.
    const watch = () => {
      clearTimeout(silence);
      silence = setTimeout(fallBack, 4000);
    };
    const fallBack = () => {
      try { solveHere(); } catch (error) { reject(error); }
    };
    try {
      url = URL.createObjectURL(new Blob([`(${serve})((${walker})("${seed}"))`], { type: "text/javascript" }));
      for (let count = Math.min(navigator.hardwareConcurrency || 2, 4); count > 0; count--) {
        const worker = new Worker(url);
        const give = () => next < parts && worker.postMessage([next++, bits]);
        worker.onerror = fallBack;
        worker.onmessage = ({ data }) => {
          if (here) return;
          watch();
          if (data) take(...data), give();
        };
        workers.push(worker);
        give();
      }
      watch();
    } catch {
      fallBack();
    }
  });
})();
