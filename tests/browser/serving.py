"""A site behind a real server, with a page of a browser that looks at it.

The site sends the strictest policy that the pages are meant for, so an inline script or style shows up as an
error on the console.
"""

import contextlib
import threading

from werkzeug.serving import WSGIRequestHandler, make_server

POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
          "form-action 'self'; base-uri 'none'; frame-ancestors 'none'")


class Quiet(WSGIRequestHandler):
    def log_request(self, *args):
        pass


class Served:
    """A site, its address, and the console's complaints."""

    def __init__(self, site, url, page):
        self.site, self.url, self.page, self.complaints = site, url, page, []
        page.on("console", lambda message: self.complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, path):
        self.page.goto(self.url + path)
        return self.page

    def refused(self, path):
        """Open what is answered with an error, which the browser writes on its console as well."""
        with self.page.expect_event("console"):
            self.open(path)
        self.complaints.clear()
        return self.page


@contextlib.contextmanager
def serving(site, page):
    """The owner is signed in; at the end the page is closed first, so that no poll comes when the site is gone."""
    @site.app.after_request
    def policy(response):
        response.headers["Content-Security-Policy"] = POLICY
        return response

    @site.app.get("/favicon.ico")
    def icon():
        return "", 204

    server = make_server("127.0.0.1", 0, site.app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        made = Served(site, f"http://localhost:{server.server_port}", page)
        made.open("/enter?as=owner")
        yield made
    finally:
        page.close()
        server.shutdown()
        thread.join()
        server.server_close()
        site.close()
