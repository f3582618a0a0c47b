"""FastAPI's guide to OAuth2 with a password: POST /token with the form of the password grant."""

import hashlib
import hmac
import os
import secrets
import sys
from typing import Annotated

import uvicorn
from fastapi import Depends, FastAPI, HTTPException
from fastapi.responses import HTMLResponse
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm

app = FastAPI()
bearer = OAuth2PasswordBearer(tokenUrl="token")
tokens = {}


def digest(password):
    return hashlib.scrypt(password.encode(), salt=b"tests", n=1024, r=8, p=1)


users = {"alice": digest(os.environ["PASSWORD"])}


@app.post("/token")
def token(form: Annotated[OAuth2PasswordRequestForm, Depends()]):
    known = users.get(form.username)
    if not known or not hmac.compare_digest(known, digest(form.password)):
        print(f"login failed: {form.username}", file=sys.stderr)
        raise HTTPException(status_code=400, detail="Incorrect username or password")
    print(f"login succeeded: {form.username}", file=sys.stderr)
    value = secrets.token_urlsafe()
    tokens[value] = form.username
    return {"access_token": value, "token_type": "bearer"}


@app.get("/private")
def private(value: Annotated[str, Depends(bearer)]):
    if value not in tokens:
        raise HTTPException(status_code=401, headers={"WWW-Authenticate": "Bearer"})
    return {"welcome": tokens[value]}


# The page of a single-page application: it posts the form by script.
PAGE = """<!doctype html><html lang="en"><title>Log in</title>
<form><input name="username" id="username"><input name="password" id="password" type="password">
<button>Log in</button></form><h1></h1><script>
document.forms[0].addEventListener("submit", async (event) => {
  event.preventDefault();
  const answer = await fetch("/token", { method: "POST", body: new URLSearchParams(new FormData(event.target)) });
  // A challenge is a page of its own: the form goes there, and comes back.
  if (answer.headers.get("x-unstuff-reply") === "challenge") {
    Object.assign(event.target, { method: "post", action: "/token" });
    return event.target.submit();
  }
  document.querySelector("h1").textContent =
    answer.ok ? "Welcome, " + (await (await fetch("/private", { headers: { authorization: "Bearer " + (await answer.json()).access_token } })).json()).welcome : "Answer " + answer.status;
});
</script></html>"""


@app.get("/", response_class=HTMLResponse)
def page():
    return PAGE


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="info")
