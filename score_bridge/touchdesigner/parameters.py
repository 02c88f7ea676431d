"""The component's parameters, page by page: its own, and one for every control of `wire.controls`.

TouchDesigner wants custom names to be one capital, then lower case letters and digits. `to_json` is what the
component carries; `score-bridge td tables` writes it.
"""

import json
from typing import Any, Literal

import msgspec

from score_bridge import __version__
from score_bridge.wire.controls import CONTROLS, ControlSpec

Page = Literal["Score", "Input", "Network", "Notes", "About"]
Style = Literal["Toggle", "Float", "Int", "Menu", "Str", "Pulse", "File", "DAT"]
PAGES: tuple[Page, ...] = ("Score", "Input", "Network", "Notes", "About")
ON_NOTES = ("lowest", "highest", "velocity_low", "velocity_high", "program", "channel", "transpose")


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """One custom parameter. `menu` are its menu's names, `labels` what people read, `control` the server's name."""

    page: Page
    name: str
    label: str
    style: Style
    default: float | int | str | bool | None = None
    low: float | None = None
    high: float | None = None
    menu: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    help: str = ""
    readonly: bool = False
    control: str = ""


def parameters() -> tuple[Parameter, ...]:
    """Return all of them in the order in which they are shown."""
    controls = [_control(spec) for spec in CONTROLS.values()]
    rows = [*_SCORE, *(row for row in controls if row.page == "Score"), *_SCORE_END, *_INPUT, *_NETWORK]
    return (*rows, *(row for row in controls if row.page == "Notes"), *_NOTES, *_about())


def to_json() -> str:
    """Return the table as the component carries it, a row a line."""
    rows = (json.dumps(msgspec.to_builtins(row), ensure_ascii=False) for row in parameters())
    return "[\n" + ",\n".join(rows) + "\n]\n"


def parameter_name(control: str) -> str:
    """Return a control's name as TouchDesigner will have it: velocity_low is Velocitylow."""
    return control.replace("_", "").capitalize()


def _control(spec: ControlSpec) -> Parameter:
    shown: dict[str, Any] = {
        "page": "Notes" if spec.name in ON_NOTES else "Score",
        "name": parameter_name(spec.name),
        "label": spec.name.replace("_", " ").title(),
        "help": spec.description,
        "control": spec.name,
    }
    if spec.choices == ("off", "on"):
        return Parameter(style="Toggle", default=spec.default == "on", **shown)
    if spec.choices:
        menu = tuple(choice.replace(" ", "").replace("#", "sharp").lower() for choice in spec.choices)
        default = menu[spec.choices.index(str(spec.default))]
        return Parameter(style="Menu", default=default, menu=menu, labels=spec.choices, **shown)
    style: Style = "Float" if spec.kind == "float" else "Int"
    return Parameter(style=style, default=spec.default, low=spec.low, high=spec.high, **shown)


def _row(page: Page, style: Style, name: str, label: str, text: str, **more: Any) -> Parameter:
    return Parameter(page=page, name=name, label=label, style=style, help=text, **more)


def _port(name: str, label: str, default: int, text: str) -> Parameter:
    return _row("Network", "Int", name, label, text, default=default, low=0, high=65535)


def _menu(page: Page, name: str, label: str, text: str, menu: tuple[str, ...]) -> Parameter:
    return _row(page, "Menu", name, label, text, default=menu[0], menu=menu, labels=menu)


_SCORE = (
    _row("Score", "Toggle", "Active", "Active", "Off closes the connection, and the music stops.", default=True),
    _row("Score", "Str", "Status", "Status",
         "The state of the connection, and what to do about it.", default="", readonly=True),
    _row("Score", "Str", "Stream", "Stream",
         "Name of the stream on the server; empty takes the component's name.", default=""),
)  # fmt: skip
_SCORE_END = (
    _row("Score", "Float", "Tempo", "Tempo",
         "Beats per minute of the whole server, 20 to 300; 0 leaves it as it is.", default=0.0,
         low=0, high=300, control="tempo"),
    _row("Score", "Str", "Bindings", "Bindings",
         "Readings that move the music, such as: motion density 0.8; edges range 0.5.", default=""),
    _row("Score", "Pulse", "Panic", "Panic", "Ends every note of every stream."),
)  # fmt: skip
_INPUT = (
    _menu("Input", "Source", "Source", "What is sent; auto sends what is wired.", ("auto", "picture", "features")),
    _row("Input", "Int", "Fps", "Frames per Second",
         "Greatest number of pictures sent per second.", default=30, low=1, high=120),
    _row("Input", "Int", "Resolution", "Resolution",
         "Width and height of the pictures that are sent, in pixels.", default=256, low=16, high=1024),
    _row("Input", "Int", "Quality", "JPEG Quality",
         "JPEG quality; lowered where a picture does not fit into a datagram.", default=80, low=20, high=100),
    _menu("Input", "Transfer", "Transfer", "Transfer function of the TOP's values.", ("srgb", "linear")),
)  # fmt: skip
_NETWORK = (
    _row("Network", "Str", "Address", "Address", "Address of the server's machine.", default="127.0.0.1"),
    _port("Oscport", "OSC Port", 9901, "The server's osc_port."),
    _port("Zmqport", "ZeroMQ Port", 5570, "The server's zmq_port."),
    _port("Replyport", "Reply Port", 0, "UDP port on which notes are received; 0 takes any free one."),
    _menu("Network", "Transport", "Transport",
         "How pictures are sent; auto is ZeroMQ where pyzmq can be imported.", ("auto", "osc", "zmq")),
    _row("Network", "Str", "Route", "Route", "The way by which pictures are sent now.", default="", readonly=True),
    _row("Network", "Str", "Server", "Server", "The server that answers.", default="", readonly=True),
    _row("Network", "Float", "Roundtrip", "Round Trip ms",
         "Time to the server and back.", default=0.0, readonly=True),
    _row("Network", "Float", "Fpssent", "Sent per Second",
         "Pictures or feature vectors sent per second.", default=0.0, readonly=True),
    _row("Network", "Int", "Drops", "Dropped", "Number of pictures that were not sent.", default=0, readonly=True),
    _row("Network", "Pulse", "Ping", "Ping", "Asks the server for an answer; Status says how long it took."),
    _row("Network", "Pulse", "Reconnect", "Reconnect", "Closes the connection and opens it again."),
    _row("Network", "File", "Serverpython", "Server Python",
         "The Python in which score-bridge is installed, for Start Server.", default=""),
    _row("Network", "Str", "Serverflags", "Server Flags",
         "Flags for `serve`, such as --midi-port virtual.", default=""),
    _row("Network", "Pulse", "Startserver", "Start Server", "Runs `serve`; its log is in the DAT server_log."),
    _row("Network", "Pulse", "Stopserver", "Stop Server", "Ends the server that was started here."),
)  # fmt: skip
_NOTES = (
    _row("Notes", "Pulse", "Testnote", "Test Note", "Asks the server, and plays a note here when it answers."),
    _row("Notes", "Int", "Eventrows", "Event Rows",
         "Number of events that the second output keeps.", default=64, low=1, high=4096),
    _row("Notes", "DAT", "Callbackdat", "Callback DAT",
         "DAT with your onNote, onCut, onOnset, onStatus and onError.", default=""),
    _row("Notes", "Pulse", "Createcallbacks", "Create Callbacks", "Makes such a DAT beside the component."),
)  # fmt: skip


def _about() -> tuple[Parameter, ...]:
    return (
        _row("About", "Pulse", "Help", "Help", "Explains the inputs and outputs."),
        _row("About", "Str", "Version", "Version", "Version of the component.", default=__version__, readonly=True),
        _row(
            "About",
            "Str",
            "Toxsavebuild",
            "Tox Save Build",
            "The TouchDesigner build that saved the .tox.",
            default="",
            readonly=True,
        ),
    )
