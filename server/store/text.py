"""Text as every database can keep it."""


def storable(text: str) -> str:
    """The text without NUL, which PostgreSQL has no room for: U+FFFD stands in its place.

    For columns alone: an event keeps the bytes that its author wrote.
    """
    return text.replace("\0", "\ufffd") if "\0" in text else text
