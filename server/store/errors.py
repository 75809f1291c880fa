"""What the store raises when it is the database's fault and another try may do."""


class BusyError(Exception):
    """The database did not let us in in time: nothing was read or written; try again."""
