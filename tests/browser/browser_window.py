"""A browser window with no network: what it asked for elsewhere, and what went wrong in its console."""

import os
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from patience import PAGE_S
from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, Route

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    # 3-D pictures need WebGL, which a machine without a graphics card draws in software.
    "--enable-unsafe-swiftshader",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # No name but this machine's own can be looked up, not even by the browser's own business.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]

NOT_OURS: dict[str, str] = {
    # a piece of an error's text: why it says nothing about the course
    "Cannot read properties of undefined (reading 'schema')": "Notebook 7 says so on any notebook",
    "Command 'filebrowser:open-path' not registered": "Notebook 7 itself asks for a file list",
}


@dataclass
class Window:
    """One page and its diary."""

    page: Page
    asked_elsewhere: list[str] = field(default_factory=list)
    """Addresses beyond this machine that the page tried to reach; all were refused."""
    errors: list[str] = field(default_factory=list)
    """The console's errors and the exceptions that nothing caught, without those in NOT_OURS."""

    def trouble(self) -> list[str]:
        """All that a page of the course must not do: ask the network for something, or report an error."""
        return [*(f"asked for {address}" for address in self.asked_elsewhere), *self.errors]

    def note_console(self, message: ConsoleMessage) -> None:
        """Write an error of the console down."""
        if message.type == "error":
            self._note(f"{message.text} ({message.location.get('url', '')})")

    def note_exception(self, error: Exception) -> None:
        """Write an exception that nothing in the page caught down."""
        self._note(f"uncaught: {error}")

    def refuse(self, route: Route) -> None:
        """Write a request down and end it."""
        self.asked_elsewhere.append(route.request.url)
        route.abort()

    def _note(self, text: str) -> None:
        if not any(piece in text for piece in NOT_OURS):
            self.errors.append(text)


def start_browser(playwright: Playwright) -> Browser:
    """Debian's Chromium, or the one that the variable CHROMIUM names."""
    return playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)


def open_window(browser: Browser) -> Window:
    """A fresh window, with no memory of earlier ones, whose network ends at this machine."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    context.set_default_timeout(PAGE_S * 1000)
    window = Window(context.new_page())
    context.route(is_elsewhere, window.refuse)
    window.page.on("console", window.note_console)
    window.page.on("pageerror", window.note_exception)
    return window


def is_elsewhere(address: str) -> bool:
    """Whether an address leads beyond this machine."""
    parts = urlsplit(address)
    return parts.scheme in {"http", "https", "ws", "wss"} and parts.hostname not in {"127.0.0.1", "localhost"}
