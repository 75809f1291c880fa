"""Where a line of the simulator ends: at the hub, or at a point's relay."""

from typing import Protocol

from tests.simulator.line import Line


class End(Protocol):
    """The far end of one line."""

    line: Line

    def receive(self, frame: bytes) -> None:
        """A frame has come up the line."""

    def left(self) -> None:
        """The line is cut."""

    def hang_up(self) -> None:
        """This end is done with the line."""


class Door(Protocol):
    """A process that takes lines while it is up."""

    @property
    def up(self) -> bool:
        """Whether it runs."""

    def open(self) -> End:
        """The end of a new line, which is to be given its `line`."""


def connect(end: End, line: Line) -> Line:
    """The line leads there."""
    end.line = line
    return line
