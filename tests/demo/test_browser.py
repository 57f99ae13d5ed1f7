"""The smoke's small browser reads forms as people do: by labels, whatever the markup around them."""
import pytest

from galleria_xero_plugin.demo.browser import Lost, Page

HTML = """
<a href="/a?x=1&amp;y=2">Go  <b>there</b></a>
<form action="/save" method="post">
  <input type="hidden" name="token" value="t&quot;1">
  <label for="p">Invoice Prefix</label> <input id="p" name="prefix" value="AG">
  <label>Email <input name="email" type="email"></label>
  <input type="checkbox" id="c" name="copy" value="y"> <label for="c">Copy All Existing</label>
  <input type="checkbox" name="on" value="y" checked>
  <label for="s">Sales</label>
  <select id="s" name="sales"><option value="">choose<optgroup label="Revenue"><option value="200" selected>200 Sales
    </optgroup></select>
  <label for="z">Zero</label><select id="z" name="tax:2"><option value="">choose</option>
    <option value="N">No VAT (0%)</option></select>
  <fieldset><legend>Status</legend>
    <input type="radio" id="r1" name="status" value="A" checked><label for="r1">Awaiting payment</label>
    <label><input type="radio" name="status" value="D"> Draft</label>
  </fieldset>
  <textarea name="notes">a &amp; b</textarea>
  <button name="do" value="save">Save</button> <button name="do" value="other">Other</button>
  <button type="button">No submit</button>
</form>
"""


@pytest.fixture
def page():
    return Page("http://localhost/edit", 200, HTML)


def test_a_form_sends_what_stands_in_it(page):
    assert page.form("Save").data("Save") == [
        ("token", 't"1'), ("prefix", "AG"), ("email", ""), ("on", "y"), ("sales", "200"), ("tax:2", ""),
        ("status", "A"), ("notes", "a & b"), ("do", "save")]


def test_fields_are_filled_by_their_labels(page):
    form = page.form("Save")
    form.fill({"Invoice": "NL", "Email": "a@b.example", "Copy All": True, "on": False, "Zero": "No VAT",
               "Status": "Draft"})
    sent = dict(form.data("Other"))
    assert (sent["prefix"], sent["email"], sent["copy"], sent["tax:2"], sent["status"], sent["do"]) == (
        "NL", "a@b.example", "y", "N", "D", "other")
    assert "on" not in sent


def test_links_are_found_by_their_text(page):
    assert page.link("Go there") == "http://localhost/a?x=1&y=2"


@pytest.mark.parametrize("looked_for", [
    lambda page: page.form("No submit"), lambda page: page.link("Elsewhere"),
    lambda page: page.form("Save").fill({"Colour": "red"}), lambda page: page.form("Save").fill({"Zero": "Purple"}),
])
def test_what_is_not_there_is_said(page, looked_for):
    with pytest.raises(Lost):
        looked_for(page)
