"""The OSC hosts that got notes when the server last ran, so that one that says hello only once hears the next, too.

A small file for each OSC port, in the user's folder of state. Those who said nothing for as long as a lease lasts
are forgotten; a file that cannot be read or written costs nothing but the memory.
"""

import logging
import os
import time
from pathlib import Path

import msgspec

from score_bridge.live.peers import LEASE_S
from score_bridge.wire.internal import Listener

LOG = logging.getLogger(__name__)
RENEWED_S = 60.0


def state_folder() -> Path:
    """Return the folder where programs of this user keep what they know from one run to the next."""
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "score-bridge"
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "score-bridge"


class _Kept(msgspec.Struct, frozen=True):
    time: float
    hosts: tuple[Listener, ...]


class RememberedHosts:
    """The hosts of one server, by its OSC port; 0, a port the system chooses, is not remembered."""

    def __init__(self, folder: Path, port: int) -> None:
        """Nothing is read yet."""
        self._path = folder / f"hosts-{port}.json" if port else None
        self._hosts: tuple[Listener, ...] = ()
        self._written = -RENEWED_S

    def read(self) -> tuple[Listener, ...]:
        """Return who listened within the last LEASE_S seconds."""
        if self._path is None:
            return ()
        try:
            kept = msgspec.json.decode(self._path.read_bytes(), type=_Kept)
        except (OSError, ValueError):
            return ()
        if not 0 <= time.time() - kept.time < LEASE_S:
            return ()
        return tuple(one for one in kept.hosts if 0 < one.port < 65536)

    def note(self, hosts: tuple[Listener, ...]) -> None:
        """Keep who listens now."""
        self._hosts = hosts
        self._write()

    def renew(self, now: float) -> None:
        """Once a minute, say that they still listen; `now` is in seconds."""
        if self._hosts and now - self._written >= RENEWED_S:
            self._written = now
            self._write()

    def _write(self) -> None:
        if self._path is None:
            return
        part = self._path.with_suffix(".part")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            part.write_bytes(msgspec.json.encode(_Kept(time.time(), self._hosts)))
            part.replace(self._path)
        except OSError as error:
            LOG.warning("hosts are not remembered: %s", error)
            self._path = None
