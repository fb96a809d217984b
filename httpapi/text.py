"""Text from outside that goes to a database."""


def is_storable(text: str) -> bool:
    """Whether a database can keep or look for it: no NUL, and no half of a surrogate pair (JSON can spell both)."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)
