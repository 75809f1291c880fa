"""What no screen may do while a test looks on: complain on the console, break the policy, talk to another host."""

from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, WebError, Worker

_OWN_HOST = "127.0.0.1"
_LOCAL_SCHEMES = {"blob", "data", "about"}
# The browser's own words for a request that a cut line broke, or that the hub refused with a code.
_NETWORK = ("Failed to load resource", "WebSocket connection to")
# What it says when it looks for a newer service worker and the line is cut, or a portal answers.
_NO_UPDATE = (
    "An unknown error occurred when fetching the script",
    "The script has an unsupported MIME",
)
_HUB_PATHS = ("/api/", "/sync/")


class Guard:
    """Listens to every page and worker of a context; `check` fails with all that it heard."""

    def __init__(self, context: BrowserContext) -> None:
        self.faults: list[str] = []
        context.on("console", self._console)
        context.on("weberror", self._error)
        context.on("request", self._request)
        context.on("serviceworker", self._service_worker)

    def check(self) -> None:
        """Fails when anything was wrong since the last look."""
        faults, self.faults = self.faults, []
        assert not faults, "the screens complained:\n" + "\n".join(faults)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not self._is_network(message):
            self.faults.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _is_network(self, message: ConsoleMessage) -> bool:
        if not message.text.startswith((*_NETWORK, *_NO_UPDATE)):
            return False
        answered = "the server responded with a status of" in message.text
        path = urlsplit(message.location.get("url", "")).path
        # A refusal is the hub's right; a file of the surface that is not there is a defect.
        return not answered or path.startswith(_HUB_PATHS)

    def _error(self, error: WebError) -> None:
        self.faults.append(f"uncaught: {error.error.message}")

    def _request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in _LOCAL_SCHEMES and address.hostname != _OWN_HOST:
            self.faults.append(f"left the house: {request.url}")

    def _service_worker(self, worker: Worker) -> None:
        worker.on("console", self._console)
