// Express, of the major version that is the argument: its own parsers, multer, cookie-parser and basic-auth.
const express = require(`express${process.argv[2]}`);
const auth = require('basic-auth');
const cookies = require('cookie-parser');
const multer = require('multer');
const querystring = require('node:querystring');
const { all, basic, json, read } = require('./readings');

const app = express();
const verify = (request, _, bytes) => { request.raw = bytes.toString(); };
app.use(cookies(), express.json({ verify }), express.urlencoded({ extended: true, verify }));
app.use(multer().none(), express.text({ type: (request) => !/multipart/i.test(request.headers['content-type']), verify }));
app.all('/login', (request, response) => {
  const { body, query, raw } = request;
  const isForm = request.is('application/x-www-form-urlencoded');
  const search = (request.url.split('?')[1] ?? '');
  response.json(all(
    () => typeof body === 'object' && read('body', body),
    () => isForm && read('body, extended: false', querystring.parse(raw)),
    () => read('query', query),
    () => read('query, simple', querystring.parse(search)),
    () => raw && json(raw),
    () => { const it = auth(request); return it && basic(it.name, it.pass); },
  ));
});
app.use((error, request, response, next) => response.status(400).json([]));
app.listen(process.env.PORT, '127.0.0.1');
