"""What every Python application answers: the credentials that it would check, per source."""

import json


def text(value):
    """Text as an application has it: trimmed, numbers as text."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, (list, tuple)):
        return text(value[-1]) if value else None
    if value is None or isinstance(value, dict):
        return None
    return str(value).strip()


def field(source, name):
    """A field of anything that may have fields."""
    try:
        return source[name]
    except Exception:
        return None


def nested(source, name):
    """`user[email]`, as an object in JSON, or else by its whole name."""
    inner = field(field(source, "user"), name)
    return inner if inner is not None else field(source, f"user[{name}]")


def reading(origin, at, user, password, grant=None):
    """One reading, unless there is no password in it."""
    password = text(password)
    if password is None:
        return []
    return [{"from": origin, "at": at, "user": text(user), "password": password, "grant": text(grant)}]


def read(origin, source):
    """The flat and the nested reading of one source."""
    flat = reading(origin, "web", field(source, "user"), field(source, "password"), field(source, "grant_type"))
    return flat + reading(origin, "nested", nested(source, "email"), nested(source, "password"))


def basic(user, password):
    """The reading of HTTP Basic."""
    return reading("basic", "basic", user, password)


def gather(*sources):
    """All readings: a source that cannot be read takes no other along."""
    found = []
    for source in sources:
        try:
            found += source() or []
        except Exception:
            pass
    return found


def loose_json(body):
    """`json.loads` without a look at the type."""
    return read("json of any type", json.loads(body))
