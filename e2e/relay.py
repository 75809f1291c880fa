"""A point's relay: the same command with `--role relay`, as a process of its own."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from e2e.hub import Hub
from e2e.line import Line


class Relay(Hub):
    """A relay at a point of the hub, empty at first; `pages` are the origins whose pages may come to it."""

    def __init__(
        self, hub: Hub, data: Path, point: str, pages: Iterable[str], line: Line | None = None
    ) -> None:
        """`line`: between it and the hub."""
        super().__init__(data)
        self._hub = hub
        self._hub_url = line.url if line else hub.url
        self._pages = " ".join(pages)
        self._code = hub.enrol_code(point, "relay")

    def serving(self) -> list[str]:
        """Who its hub is, and who may come."""
        hub = ["--role", "relay", "--hub", self._hub_url, "--code", self._code]
        return [*hub, "--origins", self._pages]

    def is_ready(self, health: dict[str, Any]) -> bool:
        """Whether its mirror of the zone is the hub's: it knows every device, and may be left alone."""
        return bool(health["feeds"].get("zone", 0) == self._hub.feed_length("zone"))
