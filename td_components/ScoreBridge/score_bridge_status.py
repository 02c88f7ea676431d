"""How things stand, in words that name the cure. Pure."""

from typing import NamedTuple

OFF = "Off. Switch Active on."


class Standing(NamedTuple):
    """What the worker knows of its link: `phase` is off, unknown, taken, waiting, lost, version or up."""

    phase: str = "off"
    server: str = ""
    protocol: int = 0
    route: str = ""
    round_trip_ms: float = 0.0
    sent_per_second: float = 0.0
    dropped: int = 0
    fault: str = ""


def in_words(standing: Standing, where: str, music: str, own_protocol: int) -> str:
    """Return one line for the Status parameter. `where` is host:port, `music` what the server says of the stream."""
    cure = _CURES.get(standing.phase)
    if cure is not None:
        return cure.format(where=where, fault=standing.fault)
    if standing.phase == "version":
        return (
            f"The server speaks protocol {standing.protocol}, this component {own_protocol}: "
            "install the same major version of score-bridge on both sides."
        )
    rate = f", {standing.sent_per_second:.0f} pictures a second" if standing.sent_per_second else ""
    fault = f"; pictures do not go: {standing.fault}" if standing.fault else ""
    return f"{music or 'connected'} ({standing.route}{rate}, {standing.round_trip_ms:.1f} ms{fault})"


_CURES = {
    "off": OFF,
    "unknown": "No way to {where} ({fault}). Check Address on the Network page.",
    "taken": "The reply port is taken by another program. Set Reply Port to 0, or close that program.",
    "waiting": "No server answers at {where}. Start one (`score-bridge serve`), or check Address and OSC Port.",
    "lost": "The server at {where} stopped answering; trying again every second. See Server Log, or start it anew.",
    "fault": "The worker stopped: {fault}. Pulse Reconnect; if it stays, report this line.",
}
