"""FastAPI: form, JSON model, query, Basic."""

from fastapi import FastAPI, Request
from fastapi.security import HTTPBasic
from readings import basic, gather, loose_json, read

app = FastAPI()
scheme = HTTPBasic(auto_error=False)


@app.api_route("/login", methods=["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def login(request: Request):
    body = await request.body()
    form = {}
    try:
        form = await request.form()
    except Exception:
        pass
    try:
        credentials = await scheme(request)
    except Exception:
        credentials = None
    return gather(
        lambda: read("form", form),
        lambda: read("query", request.query_params),
        lambda: loose_json(body),
        lambda: basic(credentials.username, credentials.password),
    )
