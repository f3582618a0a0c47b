"""Tornado: arguments of body and query, JSON."""

import asyncio
import json
import os

from readings import gather, loose_json, read
from tornado.web import Application, RequestHandler


class Arguments:
    def __init__(self, get):
        self.get = get

    def __getitem__(self, name):
        return self.get(name)


class Login(RequestHandler):
    def answer(self):
        self.write(json.dumps(gather(
            lambda: read("arguments", Arguments(self.get_argument)),
            lambda: read("body", Arguments(self.get_body_argument)),
            lambda: read("query", Arguments(self.get_query_argument)),
            lambda: loose_json(self.request.body),
        )))

    get = post = put = patch = delete = options = answer


async def main():
    Application([("/login/?", Login)]).listen(int(os.environ["PORT"]), "127.0.0.1")
    await asyncio.Event().wait()


asyncio.run(main())
