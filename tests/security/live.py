"""A host site with the whole plugin in it, as the README tells a host's developer to put it in."""

from urllib.parse import parse_qsl, urlsplit

from flask import Flask, redirect, request
from flask_login import LoginManager, login_user
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect

from galleria_xero_plugin.domain.settings import Settings
from galleria_xero_plugin.extension import GalleriaXero
from galleria_xero_plugin.proxies import EXTENSION_KEY
from galleria_xero_plugin.simulator import NORTH_LIGHT, AppSettings, SimulatorSettings
from galleria_xero_plugin.testing import make_gallery_info
from tests.web.site import ACTOR, OURS, THEIRS, Client, Gallery, User

TOKEN_KEY = "c2VjdXJpdHktdGVzdHMtdG9rZW4ta2V5LTAxMjM0NTY"
CLIENT_SECRET = "canary-client-secret"
REDIRECT_URI = "http://localhost:5000/xero/callback"


def simulator_settings(**changes):
    app = AppSettings(client_secret=CLIENT_SECRET, redirect_uris=(REDIRECT_URI,))
    return SimulatorSettings(**({"apps": (app,), "limits": False} | changes))


class Mailbox:
    def __init__(self):
        self.mails = []

    def send(self, mail):
        self.mails.append(mail)


class Live:
    """The app and handles on everything around it."""

    def __init__(self, path, xero, redis_url, **config):
        self.path, self.xero, self.mailbox = path, xero, Mailbox()
        self.gallery = Gallery(make_gallery_info(OURS), make_gallery_info(THEIRS, name="Harbour Gallery"))
        self.app = Flask("live")
        addresses = {
            "AUTHORIZE_URL": "/identity/connect/authorize", "TOKEN_URL": "/connect/token",
            "JWKS_URL": "/.well-known/openid-configuration/jwks", "CONNECTIONS_URL": "/connections",
            "API_URL": "/api.xro/2.0", "DEEP_LINK_URL": "",
        }  # fmt: skip
        plugin = {
            "CLIENT_ID": xero.world.settings.apps[0].client_id, "CLIENT_SECRET": CLIENT_SECRET,
            "REDIRECT_URI": REDIRECT_URI, "TOKEN_KEYS": TOKEN_KEY, "REDIS_URL": redis_url, "ALLOW_OTHER_HOSTS": True,
            **{name: xero.url + where for name, where in addresses.items()},
        }  # fmt: skip
        host = {"SECRET_KEY": "canary-session-key", "SQLALCHEMY_DATABASE_URI": f"sqlite:///{path}"}
        self.app.config.update(host | {f"GALLERIA_XERO_{name}": value for name, value in plugin.items()} | config)
        self._sign_in()
        CSRFProtect(self.app)
        self.db = SQLAlchemy(self.app)
        GalleriaXero(self.gallery, mailer=self.mailbox).init_app(self.app, self.db)
        self.state = self.app.extensions[EXTENSION_KEY]

    def _sign_in(self):
        manager = LoginManager(self.app)
        manager.login_view = manager.refresh_view = "enter"
        manager.user_loader(User)

        @self.app.get("/enter")
        def enter():
            if "as" in request.args:
                login_user(User(request.args["as"]))
            return redirect("/xero/") if "as" in request.args else "Please sign in"

    def close(self, *, xero=True):
        with self.app.app_context():
            for engine in self.db.engines.values():
                engine.dispose()
        if self.state.queue._client is not None:
            self.state.queue._client.close()
        self.state.services.connect._auth.close()
        if xero:
            self.xero.stop()

    def browser(self, user="owner"):
        client = Client(self.app.test_client())
        client.get(f"/enter?as={user}")
        return client

    # -- what people do

    def add(self, gallery_id=OURS, **settings):
        with self.app.app_context(), self.state.units.write() as uow:
            made = uow.webservices.add(gallery_id, Settings(**settings), ACTOR)
            uow.commit()
        return made

    def ask(self, browser, made, **how):
        """Allow access is pressed: the address at Xero, as {name: value} of its query."""
        browser.get(f"/xero/{made.id}/connect")
        answer = browser.post(f"/xero/{made.id}/connect", **how)
        assert answer.status_code == 200, answer.text
        self.address = answer.headers["Refresh"].removeprefix("0;url=")
        return dict(parse_qsl(urlsplit(self.address).query))

    def allow(self, question, *tenants):
        """The person allows it at Xero: the code."""
        world = self.xero.world
        return world.identity.consent(
            question, world.settings.users[0].email, tenants or (NORTH_LIGHT,), world.clock.now()
        )

    def back(self, browser, state, code, **query):
        return browser.get("/xero/callback", query_string={"state": state, "code": code} | query)

    def connect(self, browser, made):
        question = self.ask(browser, made)
        code = self.allow(question)
        return self.back(browser, question["state"], code), code

    # -- what stands where

    def connection(self, made):
        with self.app.app_context(), self.state.units.read() as uow:
            return uow.connections.of_webservice(made.gallery_id, made.id)

    def trail(self, gallery_id=OURS):
        """(action, outcome, who) of the audit trail, newest first."""
        with self.app.app_context(), self.state.units.read() as uow:
            return [(entry.action, entry.outcome, entry.actor_id) for entry in uow.audit.latest(gallery_id)]

    def sql(self, statement):
        with self.app.app_context(), self.db.engine.begin() as connection:
            found = connection.exec_driver_sql(statement)
            return found.fetchall() if found.returns_rows else found.rowcount

    def token_calls(self):
        return sum(call.path == "/connect/token" for call in self.xero.world.effects.requests)
