"""The codes of the compatible API: every number that /client/v4 can put into `errors`.

A code never changes its meaning; docs/api.md has the same table, and a test compares them.
"""

from enum import IntEnum


class Code(IntEnum):
    """What went wrong; `status` is the HTTP status that it comes with."""

    status: int

    def __new__(cls, value: int, status: int) -> "Code":
        code = int.__new__(cls, value)
        code._value_ = value
        code.status = status
        return code

    REFUSED = 1000, 400
    VERIFICATION_FAILED = 1001, 400
    NOT_FOUND = 1002, 404
    CONFLICT = 1003, 409
    NOT_FINISHED = 1004, 503
    METHOD = 1005, 405
    TOO_LARGE = 1006, 413
    CONTENT_TYPE = 1007, 415
    THROTTLED = 1008, 429
    SERVER_FAULT = 1009, 500
    UNAVAILABLE = 1010, 503
    QUOTA = 1011, 403
    UNAUTHENTICATED = 10000, 401
    FORBIDDEN = 10001, 403


SPECIFIC = (Code.VERIFICATION_FAILED, Code.NOT_FINISHED, Code.QUOTA)
BY_STATUS = {code.status: code for code in Code if code not in SPECIFIC}


def code_for(status: int) -> Code:
    """The code of an error that says no more than its HTTP status."""
    return BY_STATUS.get(status, Code.REFUSED if status < 500 else Code.SERVER_FAULT)
