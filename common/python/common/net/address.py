"""From a name and a port to addresses, and how an address is written. The mirror of common/src/net/address.rs."""

import socket

from .. import console


def resolve_all(host, port, kind):
    """All (family, address) pairs of a host, in the order in which the system prefers them."""
    name = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    try:
        found = socket.getaddrinfo(name, port, type=kind)
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise console.Failure(f'cannot find the host "{host}": {why}: check --host') from None
    return [(family, address) for family, _, _, _, address in found]


def resolve(host, port, kind):
    """The (family, address) that the system prefers for a host."""
    return resolve_all(host, port, kind)[0]


def shown(address):
    """An address as it is written outside Python: 127.0.0.1:8080, [::1]:8080."""
    host, port = address[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def ready(protocol, address):
    """The ready line on stderr, with the port that the system chose."""
    console.log(f"listening on {protocol} {shown(address)}")
