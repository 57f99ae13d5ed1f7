"""The demo: "Art Galleria", a gallery site with the plugin in it, and all that it needs to run.

`site` is the gallery site alone (Flask-Login, Flask-SQLAlchemy, Flask-WTF, own templates), `host` is the
site with the plugin installed, exactly as a customer would do it, and `gallery` its side of the bargain:
the gallery port. `command` is the command line, `supervisor` starts
the parts, `smoke` walks the help article and counts both sides.
"""
