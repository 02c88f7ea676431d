"""The table of nodes: what is inside the component, and the example network around it. Data only.

Names, types and parameters are Derivative's: docs.derivative.ca, the page of each operator. A parameter's value that
begins with "=" is an expression. `file` is the source whose text a DAT carries.
"""

from typing import Any, NamedTuple


class Node(NamedTuple):
    """One operator. `inputs` are names of its siblings, by connector; x and y its place in the network."""

    name: str
    type: str
    x: int
    y: int
    inputs: tuple[str, ...] = ()
    file: str = ""
    parameters: dict[str, Any] = {}  # noqa: RUF012  never written to


MODULES = (
    "score_bridge_ext", "score_bridge_dials", "score_bridge_face", "score_bridge_outputs",
    "score_bridge_client", "score_bridge_worker", "score_bridge_exchange",
    "score_bridge_route", "score_bridge_sockets", "score_bridge_zmq", "score_bridge_picture", "score_bridge_osc",
    "score_bridge_state", "score_bridge_status", "score_bridge_server", "score_bridge_nodes", "score_bridge_build",
    "score_bridge_voices",
)  # fmt: skip
SIDE = "=parent().par.Resolution"
SMALL = {"outputresolution": "custom", "resmult": False, "resolutionw": SIDE, "resolutionh": SIDE}

COMPONENT = (
    Node("in1", "inTOP", 0, 0, parameters={"label": "picture"}),
    Node("picture", "resolutionTOP", 200, 0, ("in1",), parameters=SMALL),
    Node("in2", "inCHOP", 0, -150, parameters={"label": "features"}),
    Node("held", "scriptCHOP", 400, 0, parameters={"callbacks": "held_callbacks"}),
    Node("out1", "outCHOP", 600, 0, ("held",), parameters={"label": "notes and readings"}),
    Node("events", "tableDAT", 400, -150),
    Node("out2", "outDAT", 600, -150, ("events",), parameters={"label": "note events"}),
    Node("labels", "tableDAT", 400, -300),
    Node("out3", "outDAT", 600, -300, ("labels",), parameters={"label": "labels"}),
    Node("status", "tableDAT", 400, -450),
    Node("out4", "outDAT", 600, -450, ("status",), parameters={"label": "status"}),
    Node("server_log", "textDAT", 200, -450),
    Node(
        "frame_exec", "executeDAT", 0, -300, file="frame_exec.py",
        parameters={"active": True, "framestart": True, "exit": True, "create": True},
    ),
    Node(
        "parameter_exec", "parameterexecuteDAT", 200, -300, file="parameter_exec.py",
        parameters={
            "active": True, "op": "=parent()", "pars": "*", "custom": True, "builtin": False,
            "valuechange": True, "onpulse": True,
        },
    ),
    Node("held_callbacks", "textDAT", 400, 150, file="held_callbacks.py"),
    Node("callbacks_template", "textDAT", 600, 150, file="callbacks_template.py"),
    Node("parameters", "textDAT", 0, 150, file="parameters.json"),
    Node("help", "textDAT", 200, 150, file="help.txt"),
    *(
        Node(name, "textDAT", 150 * (n % 5), 300 + 120 * (n // 5), file=f"{name}.py")
        for n, name in enumerate(MODULES)
    ),
)  # fmt: skip

BALL = "op('notes')['velocity'] * op('notes')['gate']"
EXAMPLE = (
    Node("movie", "moviefileinTOP", 0, 0),
    Node("notes", "nullCHOP", 600, 0, ("ScoreBridge",)),
    Node(
        "ball", "circleTOP", 800, 150,
        parameters={
            "outputresolution": "custom", "resolutionw": 640, "resolutionh": 360,
            "radiusx": f"=0.02 + 0.3 * {BALL}", "radiusy": f"=0.02 + 0.3 * {BALL}",
            "centery": "=(op('notes')['note'] - 66) / 60",
        },
    ),
    Node("bright", "levelTOP", 600, 150, ("movie",), parameters={"brightness1": f"=0.5 + {BALL}"}),
    Node("roll", "scriptTOP", 800, -150, parameters={"callbacks": "roll_callbacks"}),
    Node("roll_callbacks", "textDAT", 800, -300, file="roll_callbacks.py"),
    Node("roll_exec", "executeDAT", 950, -300, file="roll_exec.py", parameters={"active": True, "framestart": True}),
    Node("visuals", "compositeTOP", 1000, 150, ("ball", "bright"), parameters={"operand": "add"}),
    Node("out1", "outTOP", 1200, 150, ("visuals",)),
)  # fmt: skip
EXAMPLE_COMPONENT_AT = (300, 0)
EXAMPLE_INPUTS = ("movie",)
