"""Networks as people type them, in their canonical spelling."""

import ipaddress

from httpapi.errors import Invalid

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
# Wider than any one customer's: a typing error, or an attempt on other people's addresses.
WIDEST = {4: 8, 6: 16}


def parse(text: str, code: str) -> Network:
    """The network; a bare address is a network of one. Raises Invalid with `code`."""
    try:
        if "%" in text:
            raise ValueError("an address with a zone is not a network")
        return ipaddress.ip_network(text.strip())
    except ValueError as error:
        raise Invalid(code, f"Not a network: {error}.") from error


def overlap(one: Network, other: Network) -> bool:
    """Whether any address is in both; networks of different families never overlap."""
    return one.version == other.version and one.overlaps(other)  # type: ignore[arg-type]
