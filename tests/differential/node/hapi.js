// hapi with its own payload parser and @hapi/basic.
const Hapi = require('@hapi/hapi');
const { all, basic, json, read } = require('./readings');

const start = async () => {
  const server = Hapi.server({ port: process.env.PORT, host: '127.0.0.1' });
  await server.register(require('@hapi/basic'));
  const validate = (request, user, password) => ({ isValid: true, credentials: { user, password } });
  server.auth.strategy('basic', 'basic', { validate });
  server.route({
    method: '*',
    path: '/login',
    options: { auth: { strategy: 'basic', mode: 'try' }, payload: { multipart: true, failAction: 'ignore' } },
    handler: (request) => all(
      () => request.payload && read('payload', request.payload),
      () => read('query', request.query),
      () => Buffer.isBuffer(request.payload) && json(request.payload.toString()),
      () => typeof request.payload === 'string' && json(request.payload),
      () => request.auth.isAuthenticated && basic(request.auth.credentials.user, request.auth.credentials.password),
    ),
  });
  await server.start();
};
start();
