"""Addresses of peers, and whether they are in a network."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv4Network, IPv6Network

    Address = IPv4Address | IPv6Address
    _Network = IPv4Network | IPv6Network

__all__ = ["parse", "within"]


def parse(text: str) -> Address | None:
    """An address, that of IPv4 where one is written as IPv6; None for what is no address."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def within(address: Address, networks: tuple[str, ...]) -> bool:
    """Whether an address is in one of these networks."""
    return any(address in network for network in _networks(networks))


@lru_cache(maxsize=8)
def _networks(networks: tuple[str, ...]) -> list[_Network]:
    return [ip_network(network) for network in networks]
