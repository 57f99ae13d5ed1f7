"""What the second host's tests share: a configuration, a visitor, and forms read from pages."""
import re
import secrets
from html.parser import HTMLParser

from galleria_xero_plugin.simulator import AppSettings
from tests.second_host.site import MOUNT
from tests.second_host.site.seed import PASSWORD

ORIGIN = "http://localhost:5000"
XERO_APP = AppSettings(client_id="KABINETT0CLIENT", client_secret="kabinett-secret", name="Kabinett",
                       redirect_uris=(f"{ORIGIN}{MOUNT}/callback",))
REQUIRED = {
    "GALLERIA_XERO_CLIENT_ID": XERO_APP.client_id,
    "GALLERIA_XERO_CLIENT_SECRET": XERO_APP.client_secret,
    "GALLERIA_XERO_REDIRECT_URI": XERO_APP.redirect_uris[0],
    "GALLERIA_XERO_TOKEN_KEYS": secrets.token_urlsafe(32),
    "GALLERIA_XERO_REDIS_URL": "redis://localhost:1/0",        # nobody answers there
}


def addresses(xero):
    """The keys that lead the plugin to a simulator."""
    paths = {"AUTHORIZE": "/identity/connect/authorize", "TOKEN": "/connect/token", "CONNECTIONS": "/connections",
             "JWKS": "/.well-known/openid-configuration/jwks", "API": "/api.xro/2.0", "DEEP_LINK": ""}
    return {"GALLERIA_XERO_ALLOW_OTHER_HOSTS": True,
            **{f"GALLERIA_XERO_{name}_URL": xero.url + path for name, path in paths.items()}}


class Visitor:
    """Somebody with a browser that knows nothing of JavaScript."""

    def __init__(self, app, email=None):
        self.client = app.test_client()
        self.page = None
        if email:
            self.open("/anmelden")
            self.send(email=email, passwort=PASSWORD)
            assert self.page.status_code == 302, "could not sign in"

    @property
    def text(self):
        return self.page.get_data(as_text=True)

    def open(self, address):
        self.page = self.client.get(address, base_url=ORIGIN)
        return self.page

    def post(self, address, **data):
        self.page = self.client.post(address, data=data, base_url=ORIGIN)
        return self.page

    def send(self, action=None, **values):
        """Fill the form of this page whose action ends with `action` and send it."""
        form = next(form for form in forms(self.text) if action is None or form.action.endswith(action))
        return self.post(form.action or self.page.request.path, **{**form.values, **values})

    def follow(self):
        """Go where the answer sends the browser, as often as it does."""
        while self.page.status_code in (302, 303):
            self.open(self.page.location)
        return self.page


class Form:
    def __init__(self, action):
        self.action = action
        self.values = {}
        self.choices = {}       # of a select: {words: value}


class _Forms(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found, self._select, self._option = [], None, None

    def handle_starttag(self, tag, attributes):
        a = dict(attributes)
        if tag == "form":
            self.found.append(Form(a.get("action") or ""))
        elif not self.found:
            return
        elif tag == "input" and a.get("name") and (a.get("type") not in ("checkbox", "radio") or "checked" in a):
            self.found[-1].values[a["name"]] = a.get("value") or ("on" if a.get("type") == "checkbox" else "")
        elif tag == "select":
            self._select = a["name"]
            self.found[-1].choices[self._select] = {}
        elif tag == "option" and self._select:
            self._option = a.get("value") or ""
            if "selected" in a or self._select not in self.found[-1].values:
                self.found[-1].values[self._select] = self._option

    def handle_data(self, data):
        if self._option is not None and data.strip():
            self.found[-1].choices[self._select][" ".join(data.split())] = self._option
            self._option = None

    def handle_endtag(self, tag):
        if tag == "select":
            self._select = None


def forms(html):
    """The forms of a page with what they would send untouched."""
    parser = _Forms()
    parser.feed(html)
    return parser.found


def words(html):
    """What a reader sees."""
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())
