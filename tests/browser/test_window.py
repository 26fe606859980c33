"""The browser tests' own eyes: they see a request that leaves this machine, and an error in the console."""

import pytest

from .browser_window import Window, is_elsewhere


@pytest.mark.parametrize(
    "page",
    [
        "<img src='http://elsewhere.invalid/picture.png'>",
        "<script src='https://elsewhere.invalid/library.js'></script>",
        "<script type='module'>import 'https://elsewhere.invalid/module.js'</script>",
        "<link rel='stylesheet' href='//elsewhere.invalid/style.css'>",
        "<script>fetch('https://elsewhere.invalid/data.json').catch(() => 0)</script>",
    ],
)
def test_a_request_that_leaves_this_machine_is_refused_and_noted(window: Window, page: str) -> None:
    with window.page.expect_event("requestfailed"):
        window.page.goto("data:text/html,<title>empty</title>")
        window.page.set_content(page.replace("'//", "'http://"))
    assert [address.split("/")[2] for address in window.asked_elsewhere] == ["elsewhere.invalid"]
    assert window.trouble()[0] == f"asked for {window.asked_elsewhere[0]}"


@pytest.mark.parametrize(
    ("script", "said"),
    [("console.error('broken')", "broken"), ("throw new Error('dropped')", "uncaught: dropped")],
)
def test_an_error_is_noted(window: Window, script: str, said: str) -> None:
    window.page.set_content(f"<script>{script}</script><p>done</p>")
    window.page.wait_for_selector("p")
    assert len(window.errors) == 1 and window.errors[0].startswith(said)


def test_what_is_no_error_is_not_noted(window: Window) -> None:
    window.page.set_content("<script>console.log('fine'); console.warn('careful')</script><p>done</p>")
    window.page.wait_for_selector("p")
    assert window.trouble() == []


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:8888/lab", "ws://localhost:1/api", "data:,x", "blob:null/1"]
)
def test_this_machine_and_data_in_the_page_are_near(address: str) -> None:
    assert not is_elsewhere(address)
