"""What an account may send."""

from django.conf import settings

from httpapi.errors import Invalid

CAPTURES = 100
PCAP = {b"\xa1\xb2\xc3\xd4", b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\x3c\x4d", b"\x4d\x3c\xb2\xa1"}
PCAPNG = b"\x0a\x0d\x0d\x0a"
PCAPNG_ORDER = {b"\x1a\x2b\x3c\x4d", b"\x4d\x3c\x2b\x1a"}


def check_source(source: str) -> None:
    """Raises Invalid (`source.too_large`, `source.encoding`, `source.empty`)."""
    try:
        size = len(source.encode())
    except UnicodeEncodeError as error:
        raise Invalid("source.encoding", "The source is not valid Unicode.") from error
    if size > settings.SOURCE_LIMIT:
        raise Invalid("source.too_large", f"The source has {size} bytes; {settings.SOURCE_LIMIT} are allowed.", 413)
    if "\0" in source:
        raise Invalid("source.encoding", "The source holds a NUL byte.")
    if not source.strip():
        raise Invalid("source.empty", "The source is empty.")


def check_capture(data: bytes) -> None:
    """Raises Invalid (`capture.too_large`, `capture.format`) unless this begins like a pcap or pcapng file."""
    if len(data) > settings.CAPTURE_LIMIT:
        message = f"The capture has {len(data)} bytes; {settings.CAPTURE_LIMIT} are allowed."
        raise Invalid("capture.too_large", message, 413)
    pcap = data[:4] in PCAP and len(data) >= 24
    pcapng = data[:4] == PCAPNG and data[8:12] in PCAPNG_ORDER and len(data) >= 28
    if not pcap and not pcapng:
        raise Invalid("capture.format", "This is not a pcap or pcapng file.")
