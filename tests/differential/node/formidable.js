// formidable on Node's own server.
const { formidable } = require('formidable');
const { createServer } = require('node:http');
const { all, basic, json, read } = require('./readings');
const auth = require('basic-auth');

createServer(async (request, response) => {
  const [pathname, search] = request.url.split('?', 2);
  const searchParams = new URLSearchParams(search);
  const answer = (readings) => {
    const body = JSON.stringify(readings);
    response.writeHead(200, { 'content-length': Buffer.byteLength(body) }).end(body);
  };
  if (pathname !== '/login') return response.writeHead(404, { 'content-length': 0 }).end();
  const form = formidable({ uploadDir: process.env.SCRATCH, allowEmptyFiles: true, minFileSize: 0 });
  // Some bodies end neither well nor with an error.
  const never = new Promise((resolve) => request.on('end', () => setTimeout(resolve, 50, [{}])));
  const [fields] = await Promise.race([form.parse(request).catch(() => [{}]), never]);
  answer(all(
    () => read('fields', fields),
    () => read('query', Object.fromEntries(searchParams)),
    () => { const it = auth(request); return it && basic(it.name, it.pass); },
  ));
}).listen(process.env.PORT, '127.0.0.1');
