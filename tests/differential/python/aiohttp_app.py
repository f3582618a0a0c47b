"""aiohttp: post, JSON, query, Basic."""

import os

from aiohttp import BasicAuth, web
from readings import basic, gather, loose_json, read


async def login(request):
    form = {}
    content = {}
    try:
        form = await request.post()
    except Exception:
        pass
    try:
        content = await request.json()
    except Exception:
        pass
    body = await request.read()
    return web.json_response(gather(
        lambda: read("post", form),
        lambda: read("json", content),
        lambda: read("query", request.query),
        lambda: basic(*BasicAuth.decode(request.headers["authorization"])[:2]),
        lambda: loose_json(body),
    ))


app = web.Application()
app.router.add_route("*", "/login", login)
web.run_app(app, host="127.0.0.1", port=int(os.environ["PORT"]), print=None)
