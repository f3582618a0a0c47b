"""Flask: form, JSON, query, Basic."""

from flask import Flask, jsonify, request
from readings import basic, gather, read

app = Flask(__name__)
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "LOGIN"]


@app.route("/login", methods=METHODS)
def login():
    authorization = request.authorization
    return jsonify(gather(
        lambda: read("form", request.form),
        lambda: read("json", request.get_json()),
        lambda: read("query", request.args),
        lambda: read("values", request.values),
        lambda: basic(authorization.username, authorization.password),
        lambda: read("json of any type", request.get_json(force=True)),
    ))
