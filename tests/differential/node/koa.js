// Koa with koa-bodyparser and its router.
const Koa = require('koa');
const Router = require('@koa/router').default ?? require('@koa/router');
const bodyparser = require('koa-bodyparser');
const auth = require('basic-auth');
const { all, basic, json, read } = require('./readings');

const app = new Koa({ proxy: false });
app.silent = true;
const router = new Router();
router.all('/login', (ctx) => {
  const { body, rawBody } = ctx.request;
  ctx.body = all(
    () => read('body', body),
    () => read('query', ctx.query),
    () => rawBody && json(rawBody),
    () => { const it = auth(ctx.req); return it && basic(it.name, it.pass); },
  );
});
app.use(bodyparser({ enableTypes: ['json', 'form', 'text'], extendTypes: { text: ['text/*', 'application/*'] } }));
app.use(router.routes());
app.listen(process.env.PORT, '127.0.0.1');
