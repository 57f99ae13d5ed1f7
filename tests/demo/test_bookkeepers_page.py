"""Whoever opens a bookkeeper's link is nobody's guest here: the site shows none of its own tabs."""
from flask import render_template


def test_the_tabs_of_a_gallery_are_only_for_somebody_signed_in(site, visitor):
    @site.get("/somebodys-link")
    def link():
        return render_template("demo/websites_base.html")

    assert 'aria-label="Websites"' in visitor("nora@northlight.example").get("/somebodys-link").text
    nobody = visitor().get("/somebodys-link")
    assert nobody.status_code == 200 and 'aria-label="Websites"' not in nobody.text
