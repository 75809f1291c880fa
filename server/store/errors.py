"""What the store raises when it is the database's fault and another try may do."""


class BusyError(Exception):
    """The database did not let us in in time, or went away: nothing is confirmed, try again.

    When it went away in a commit that may have happened all the same; what is pushed is pushed again.
    """
