"""Every page in the states in which a gallery meets it."""


def test_the_first_visit(site):
    browser = site.browser()
    first = browser.get("/xero/")
    assert first.status_code == 200
    assert "New Webservice" in first.text
