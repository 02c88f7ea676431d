"""The sockets that face the outside, with faults named so that a person can mend them."""

import errno
import os
import socket

import zmq

from score_bridge.errors import SettingsError
from score_bridge.wire.messages import MAX_PAYLOAD

HEARTBEAT_MS = 5_000
LOST_AFTER_MS = 15_000
HANDSHAKE_MS = 5_000
LINGER_MS = 500
UDP_BUFFER = 4 * 1024 * 1024

SOMEWHERE = ("192.0.2.1", 9)  # an address that nobody has (RFC 5737)


def resolve(host: str) -> str:
    """Return the numeric address of `host`. Raises SettingsError."""
    try:
        return str(socket.getaddrinfo(host, None, type=socket.SOCK_DGRAM)[0][4][0])
    except OSError as error:
        raise SettingsError(f"host {host!r} is no address of this machine: {error}") from None


def loopback(host: str) -> str:
    """Return this machine's own address, of the same family as the numeric `host`."""
    return "::1" if ":" in host else "127.0.0.1"


def reachable(address: str) -> str:
    """Return the address by which other machines find what is bound to all of this one's: that of its way out."""
    prefix, _, port = address.rpartition(":")
    if prefix.removeprefix("tcp://") not in ("0.0.0.0", "[::]", "*"):
        return address
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(SOMEWHERE)  # sends nothing: it only chooses the way
            host = probe.getsockname()[0]
        except OSError:
            host = "127.0.0.1"
    return f"tcp://{host}:{port}"


def bind_zmq(socket_: zmq.Socket[bytes], host: str, port: int, setting: str) -> str:
    """Bind a ROUTER or PUB and return its address, with the port the system chose where `port` is 0.

    Peers that vanish, never finish a handshake or send too much are cut off. Raises SettingsError.
    """
    socket_.setsockopt(zmq.IPV6, ":" in host)
    socket_.setsockopt(zmq.LINGER, LINGER_MS)
    socket_.setsockopt(zmq.MAXMSGSIZE, MAX_PAYLOAD)
    socket_.setsockopt(zmq.HANDSHAKE_IVL, HANDSHAKE_MS)
    socket_.setsockopt(zmq.HEARTBEAT_IVL, HEARTBEAT_MS)
    socket_.setsockopt(zmq.HEARTBEAT_TIMEOUT, LOST_AFTER_MS)
    try:
        socket_.bind(f"tcp://{f'[{host}]' if ':' in host else host}:{port or '*'}")
    except zmq.ZMQError as error:
        raise _fault(error, host, port, setting) from None
    return socket_.getsockopt_string(zmq.LAST_ENDPOINT)


def bind_udp(host: str, port: int, setting: str) -> socket.socket:
    """Return a UDP socket that never blocks, with room for bursts. Raises SettingsError."""
    udp = _unbound(host, socket.SOCK_DGRAM)
    udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, UDP_BUFFER)  # the system may grant less
    try:
        udp.bind((host, port))
    except OSError as error:
        udp.close()
        raise _fault(error, host, port, setting) from None
    return udp


def listen_tcp(host: str, port: int, setting: str) -> socket.socket:
    """Return a listening TCP socket that never blocks. Raises SettingsError."""
    tcp = _unbound(host, socket.SOCK_STREAM)
    if os.name == "posix":  # connections that have just ended would keep the port
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        tcp.bind((host, port))
        tcp.listen()
    except OSError as error:
        tcp.close()
        raise _fault(error, host, port, setting) from None
    return tcp


def _unbound(host: str, kind: socket.SocketKind) -> socket.socket:
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, kind)
    made.setblocking(False)
    if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # Windows would share the port otherwise
        made.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    return made


def _fault(error: OSError | zmq.ZMQError, host: str, port: int, setting: str) -> SettingsError:
    flag = "--" + setting.replace("_", "-")
    if error.errno == errno.EADDRINUSE:
        return SettingsError(f"{setting} {port} on {host} is taken: use {flag}, or stop the other program")
    if error.errno == errno.EACCES:
        return SettingsError(f"{setting} {port} is not permitted: use {flag} with a port above 1023")
    if error.errno == errno.EADDRNOTAVAIL:
        return SettingsError(f"host {host} is no address of this machine")
    return SettingsError(f"{setting} {port} on host {host} cannot be listened on: {error}")
