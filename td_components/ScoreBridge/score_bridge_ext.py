"""The component's extension: TouchDesigner on one side, Client on the other. Runs on the main thread alone.

Operators and parameters are touched here and nowhere else. Promoted methods are capitalised.
"""

import json
import time

import score_bridge_outputs as outputs
from score_bridge_client import Client
from score_bridge_dials import Dials
from score_bridge_face import Face
from score_bridge_server import Server, command_line, servers
from score_bridge_state import Event, Note

SHOW_EVERY_S = 0.25
EMPTY_S = 2.0
TEST_SECONDS = 0.5
EVER = 1e9
LINK = (
    "Active", "Stream", "Address", "Oscport", "Zmqport", "Replyport", "Transport", "Resolution", "Quality",
    "Transfer",
)  # fmt: skip


class ScoreBridgeExt(Dials, Face):
    """Sends a picture a frame at most, takes what is due, and shows how things stand."""

    def __init__(self, ownerComp):
        self.ownerComp = ownerComp
        self.rows = {row["name"]: row for row in json.loads(ownerComp.op("parameters").text)}
        self.outputs = outputs.Outputs()
        self.client = self.report = None
        self.written = None  # the outputs whose channels there are
        self.trouble = {}  # what does not work here, by where
        self.probe = self.test_note = None
        self.sent = self.shown = self.got = self.errored = 0.0
        self.labels, self.status, self.log, self.text, self.bound = [], [], -1, "", set()
        self.Connect()

    def onDestroyTD(self):
        """Close everything; TouchDesigner calls this before it makes the extension anew, and at the end."""
        self._close()
        path, number = self.ownerComp.path, self.ownerComp.id
        run("args[0](*args[1:])", _stop_if_gone, op, path, number, delayFrames=30)

    # --- every frame ------------------------------------------------------------------------------------------

    def OnFrame(self):
        """Do one frame's work."""
        now = time.monotonic()
        if self.stale:
            self.Connect()
        if self.client is not None:
            self._take(now)
        if now - self.shown >= SHOW_EVERY_S:
            self.shown = now
            self._show()
        if self.client is not None:  # last: from here on the worker is busy, and Python runs one thread at a time
            self._send(now)

    def FillHeld(self, scriptOp):
        """Write the channels of the Out CHOP."""
        values, names = self.outputs.values, self.outputs.changed
        if scriptOp.numChans != len(values) or self.written is not self.outputs:
            scriptOp.clear()
            scriptOp.isTimeSlice = False
            scriptOp.numSamples = 1
            for name in values:
                scriptOp.appendChan(name)
            self.written, names = self.outputs, values
        for name in names:
            scriptOp[name][0] = values[name]

    def OnExit(self):
        """TouchDesigner quits."""
        self._close()
        self.Stopserver()

    def _send(self, now):
        if now - self.sent < 0.9 / max(1, self._value("Fps")):
            return
        source = self._source()
        if source == "picture":
            self._send_picture(now)
        elif source == "features":
            chop = self._node("in2")
            if chop is not None and chop.numChans:
                self.sent = now
                self.client.features([float(chan[chop.numSamples - 1]) for chan in chop.chans()])
        if source != "picture":
            self._trouble("picture", "")
        self._trouble("source", "" if source else "Connect a TOP (picture) or a CHOP (features) to the component.")

    def _send_picture(self, now):
        node = self._node("picture")
        pixels = None if node is None else node.numpyArray(delayed=True)
        if pixels is not None:
            self.sent = self.got = now
            self.client.show(pixels)
        empty = node is not None and now - self.got > EMPTY_S
        self._trouble("picture", "No picture arrives at the first input. Does the TOP cook?" if empty else "")

    def _source(self):
        chosen = self.ownerComp.par.Source.eval()
        if chosen != "auto":
            return chosen
        wired = [bool(connector.connections) for connector in self.ownerComp.inputConnectors]
        return "picture" if wired[:1] == [True] else "features" if wired[1:2] == [True] else ""

    def _take(self, now):
        report = self.client.report(ahead=0.5 / 60)
        events = self._tested(report.events, now)
        report = report._replace(events=events)
        self.report = report
        self.outputs.take(report)
        held = self._node("held")
        if held is not None:
            held.cook(force=True)
        if events:
            table = self._node("events")
            if table is not None:
                outputs.write_events(table, events, max(1, self._value("Eventrows")))
            for event in events:
                self._tell(event)

    def _tested(self, events, now):
        """Answer a test note: once the server has said pong, a note of our own goes the way of all notes."""
        for event in events:
            if event.kind == "pong" and self.probe is not None and event.words[0] == self.probe[0]:
                trip = (now - self.probe[1]) * 1000
                if self.probe[2]:
                    self.test_note = Note(-1, 60, 100, int(self._value("Channel")), TEST_SECONDS, now)
                    events = [*events, Event("on", now, self.test_note)]
                self.probe = None
                self._trouble("probe", f"The server answered in {trip:.1f} ms, a frame's wait included.")
        if self.test_note is not None and now - self.test_note.at > TEST_SECONDS:
            events = [*events, Event("off", now, self.test_note)]
            self.test_note = None
            self._trouble("probe", "")
        return events

    # --- parameters -------------------------------------------------------------------------------------------

    def OnParameter(self, name):
        """Do what a parameter that changed asks for."""
        if name in LINK:
            self.stale = True  # several may change in one frame
        elif name in ("Lowest", "Highest", "Channel"):
            self._expect()
        if self.client is not None:
            self._send_parameter(name)

    def OnPulse(self, name):
        """Do what a button says: every pulse parameter has a method of its name."""
        getattr(self, name)()

    def Connect(self):
        """Close the link and, where Active, open it anew with the parameters as they are."""
        self._close()
        self.stale = False
        self.trouble.clear()
        if self._value("Active"):
            self.got = time.monotonic()
            self.client = Client(self._options(), self.ownerComp.name)
            self.report = self.client.report(ahead=-EVER)
            self.client.keep("start", "/score/start", self.StreamName)  # the link before this one stopped it
            for name in self.rows:
                self._send_parameter(name)
            self._expect()
        self._show()

    Reconnect = Connect

    def Panic(self):
        """End all notes of all streams."""
        self.Send("/score/panic")

    def Ping(self):
        """Ask the server whether it is there."""
        self._probe(False)

    def Testnote(self):
        """Ask the server, and play a note here when it answers."""
        self._probe(True)

    def Send(self, address, *arguments):
        """Send any message of the server's OSC table: the address /score/teach, then 'ScoreBridge', 'sunset'."""
        if self.client is not None:
            self.client.send(address, *arguments)

    @property
    def Held(self):
        """The notes that sound, as dicts."""
        return [outputs.as_dict(Event("on", 0.0, note)) for note in self.outputs.held.values()]

    def Createcallbacks(self):
        """Put a DAT with the callbacks beside the component, and use it."""
        owner = self.ownerComp
        dat = owner.parent().create("textDAT", owner.name + "_callbacks")
        dat.text = owner.op("callbacks_template").text
        dat.nodeX, dat.nodeY = owner.nodeX, owner.nodeY - 150
        owner.par.Callbackdat = dat.name

    def Startserver(self):
        """Start `score-bridge serve` with the Python that the parameter names."""
        self.Stopserver()
        python = self.ownerComp.par.Serverpython.eval()
        if not python:
            self._trouble("server", "Name the Python that has score-bridge in Server Python (Network page).")
            return
        flags = self.ownerComp.par.Serverflags.eval()
        try:
            command = command_line(python, flags, int(self._value("Oscport")), int(self._value("Zmqport")))
            servers()[self.ownerComp.id] = Server(command)
            self._trouble("server", "")
        except (OSError, ValueError) as error:
            self._trouble("server", f"The server did not start: {error}. Check Server Python and Server Flags.")

    def Stopserver(self):
        """Stop the server that this component started."""
        server = servers().pop(self.ownerComp.id, None)
        if server is not None:
            server.stop()

    def Help(self):
        """Show what the parameters and outputs are."""
        self.ownerComp.op("help").openViewer()

    def _probe(self, note):
        if self.client is not None:
            self.probe = (self.client.probe(), time.monotonic(), note)

    def _close(self):
        if self.client is not None:
            self.client.close()
            self.client = None
        self.outputs = outputs.Outputs()


def _stop_if_gone(find, path, number):
    """End the server of a component that was deleted, and not only made anew."""
    there = find(path)
    if there is None or there.id != number:
        server = servers().pop(number, None)
        if server is not None:
            server.stop()
