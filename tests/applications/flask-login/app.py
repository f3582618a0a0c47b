"""Flask-Login as its guide has it: a failed login is flashed and redirected to the login page."""

import os
import sys

from flask import Flask, abort, flash, get_flashed_messages, redirect, request, url_for
from flask_login import LoginManager, UserMixin, current_user, login_required, login_user, logout_user
from werkzeug.security import check_password_hash, generate_password_hash

app = Flask(__name__)
app.secret_key = "only for tests on loopback, and never for a site"
manager = LoginManager(app)
manager.login_view = "login"
users = {"alice": generate_password_hash(os.environ["PASSWORD"], "pbkdf2:sha256:1000")}


class User(UserMixin):
    def __init__(self, name):
        self.id = name


@manager.user_loader
def load(name):
    return User(name) if name in users else None


PAGE = """<!doctype html><html lang="en"><title>Log in</title>{messages}
<form method="post"><input name="username" id="username"><input name="password" id="password" type="password">
<button>Log in</button></form></html>"""


@app.route("/login", methods=["GET", "POST"])
def login():
    if request.method == "GET":
        return PAGE.format(messages="".join(f"<p>{text}</p>" for text in get_flashed_messages()))
    name, password = request.form["username"], request.form["password"]
    if name in users and check_password_hash(users[name], password):
        login_user(User(name))
        print(f"login succeeded: {name}", file=sys.stderr)
        target = request.args.get("next", "/private")
        # Only targets on this site, as the guide asks for.
        if not target.startswith("/") or target.startswith("//"):
            abort(400)
        return redirect(target)
    print(f"login failed: {name}", file=sys.stderr)
    flash("Invalid username or password.")
    return redirect(url_for("login", **request.args))


@app.route("/logout", methods=["GET", "POST"])
@login_required
def logout():
    logout_user()
    return redirect("/login")


@app.route("/private")
@login_required
def private():
    return f"<!doctype html><title>Private</title><h1>Welcome, {current_user.id}</h1>"


if __name__ == "__main__":
    app.run("127.0.0.1", int(sys.argv[1]))
