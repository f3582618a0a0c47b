// Fastify with formbody and multipart, of the major versions that are the arguments.
const auth = require('basic-auth');
const { all, basic, json, read } = require('./readings');

const [version, formbody, multipart] = process.argv.slice(2);
const app = require(`fastify${version}`)();
app.register(require(`@fastify/formbody${formbody}`));
app.register(require(`@fastify/multipart${multipart}`), { attachFieldsToBody: 'keyValues' });
app.addContentTypeParser('*', { parseAs: 'string' }, (request, body, done) => done(null, body));
app.all('/login', (request, reply) => {
  const { body, query } = request;
  reply.send(all(
    () => typeof body === 'object' && read('body', body),
    () => read('query', query),
    () => typeof body === 'string' && json(body),
    () => { const it = auth(request.raw); return it && basic(it.name, it.pass); },
  ));
});
app.listen({ port: process.env.PORT, host: '127.0.0.1' });
