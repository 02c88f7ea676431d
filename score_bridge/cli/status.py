"""`score-bridge status`: whether a server is up, and what each of its streams does."""

from rich.table import Table

from score_bridge.cli.progress_bar import console
from score_bridge.client import DEFAULT_ADDRESS, Client
from score_bridge.wire.messages import Status, Welcome

OWN_NAME = "status"
ANSWERS_S = 2.0
HEARD_S = 1.3
"""Every stream is reported on once a second."""


def status_command(given: str | None) -> None:
    """Ask the server at a ZeroMQ address, by default this machine's. ServerSilentError where nobody answers."""
    address = given or DEFAULT_ADDRESS
    with Client.connect(address, name=OWN_NAME, timeout=ANSWERS_S) as client:
        heard = client.messages(timeout=HEARD_S)
        streams = {message.stream: message for message in heard if isinstance(message, Status)}
        _print(client.welcome, address, streams)


def _print(welcome: Welcome, address: str, streams: dict[str, Status]) -> None:
    loaded = f"weights {welcome.weights}" if welcome.weights else "loading the models"
    console.print(
        f"{welcome.server} at {address}: {loaded}; publishes at {welcome.pub}", markup=False, highlight=False
    )
    others = [name for name in welcome.hosts if name != OWN_NAME]
    console.print(f"connected: {', '.join(others) or 'nobody who said hello'}", markup=False, highlight=False)
    table = Table("stream", "state", "pictures/s", "notes", "late steps", "refused", "tempo")
    for name, status in sorted(streams.items()):
        numbers = (
            f"{status.frames_per_second:.1f}",
            status.notes,
            status.late_steps,
            status.refused,
            f"{status.tempo:g}",
        )
        table.add_row(name, status.state, *map(str, numbers))
    console.print(table)
