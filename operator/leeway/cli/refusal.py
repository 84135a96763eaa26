"""Why a command was not carried out."""


class BadInputError(Exception):
    """What was given cannot be used; the message names it and the remedy."""
