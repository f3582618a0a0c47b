"""Bottle: forms, JSON, query, parameters, Basic."""

from bottle import Bottle, request, response
from readings import basic, gather, loose_json, read
import json

app = Bottle()


@app.route("/login", method="ANY")
def login():
    response.content_type = "application/json"
    return json.dumps(gather(
        lambda: read("forms", request.forms),
        lambda: read("json", request.json),
        lambda: read("query", request.query),
        lambda: read("params", request.params),
        lambda: basic(*request.auth),
        lambda: loose_json(request.body.getvalue()),
    ))
