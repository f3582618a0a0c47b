// Node's standard library alone: what is there without any download.
const { createServer } = require('node:http');
const querystring = require('node:querystring');
const { all, basic, json, read } = require('./readings');

// A header's value as bytes, decoded like Buffer does: loosely.
const decoded = (header) => {
  const match = /^\s*basic\s+(\S+)/i.exec(header ?? '');
  const pair = match && Buffer.from(match[1], 'base64').toString();
  const colon = pair ? pair.indexOf(':') : -1;
  return colon < 0 ? [] : basic(pair.slice(0, colon), pair.slice(colon + 1));
};

createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks).toString();
    const type = request.headers['content-type'] ?? '';
    const isForm = type.toLowerCase().includes('urlencoded') || type === '';
    const url = all(() => [new URL(request.url, 'http://localhost')])[0];
    const isLogin = url && url.pathname === '/login';
    const readings = !isLogin ? [] : all(
      () => isForm && read('querystring', querystring.parse(body)),
      () => isForm && read('URLSearchParams', Object.fromEntries(new URLSearchParams(body))),
      () => json(body),
      () => read('query', Object.fromEntries(url.searchParams)),
      () => read('query, querystring', querystring.parse(url.search.slice(1))),
      () => decoded(request.headers.authorization),
    );
    const answer = JSON.stringify(readings);
    response.writeHead(isLogin ? 200 : 404, { 'content-length': Buffer.byteLength(answer) }).end(answer);
  });
}).listen(process.env.PORT, '127.0.0.1');
