"""A hub with one user and no notebooks: its login, its cookie and its XSRF token are the real ones."""

import os
import sys

from jupyterhub.auth import DummyAuthenticator
from jupyterhub.spawner import SimpleLocalProcessSpawner

state, port = os.environ["STATE"], os.environ["PORT"]
c = get_config()  # noqa: F821


class LoggedAuthenticator(DummyAuthenticator):
    """JupyterHub's own authenticator for tests, which logs each attempt."""

    async def authenticate(self, handler, data):
        name = await super().authenticate(handler, data)
        print("login succeeded" if name else "login failed", file=sys.stderr, flush=True)
        return name


c.JupyterHub.bind_url = f"http://127.0.0.1:{port}"
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{os.environ['PORT_2']}"
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{os.environ['PORT_3']}"
c.ConfigurableHTTPProxy.command = ["node", f"{os.environ['PACKAGES']}/node_modules/configurable-http-proxy/bin/configurable-http-proxy"]
c.JupyterHub.authenticator_class = LoggedAuthenticator
c.DummyAuthenticator.password = os.environ["PASSWORD"]
c.Authenticator.allowed_users = {"alice"}
c.JupyterHub.spawner_class = SimpleLocalProcessSpawner
c.JupyterHub.db_url = f"sqlite:///{state}/hub.sqlite"
c.JupyterHub.cookie_secret_file = f"{state}/cookie_secret"
c.ConfigurableHTTPProxy.pid_file = f"{state}/proxy.pid"
# After the login to the hub's own page, for there is no notebook to start.
c.JupyterHub.default_url = "/hub/home"
