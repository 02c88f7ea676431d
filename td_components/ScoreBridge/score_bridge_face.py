"""The extension's half that people see: Status, tables, callbacks. Main thread."""

import time

import score_bridge_outputs as outputs
from score_bridge_server import servers
from score_bridge_state import PROTOCOL
from score_bridge_status import OFF, in_words

ERROR_S = 5.0


class Face:
    """Needs of the extension: ownerComp, client, report, trouble and what was shown last (text, status, labels)."""

    def _show(self):
        if self.client is None:
            self._write(Status=OFF)
        else:
            self._show_link(self.report)
        server = servers().get(self.ownerComp.id)
        if server is not None and server.count != self.log:
            self.log = server.count
            log = self._node("server_log")
            if log is not None:
                log.text = "\n".join(server.lines)

    def _show_link(self, report):
        if time.monotonic() - self.errored > ERROR_S:
            self._trouble("error", "")
        standing = report.standing
        where = f"{self.client.options.host}:{self.client.options.osc_port}"
        text = in_words(standing, where, report.status[5] if report.status else "", PROTOCOL)
        text = " ".join([*filter(None, self.trouble.values()), text])
        self._write(
            Status=text, Server=standing.server, Route=standing.route, Roundtrip=round(standing.round_trip_ms, 2),
            Fpssent=round(standing.sent_per_second, 1), Drops=standing.dropped,
        )  # fmt: skip
        if text.partition("(")[0] != self.text.partition("(")[0]:
            self._callback("onStatus", text)
        self.text = text
        table = self._node("status")
        if table is not None:
            rate = getattr(getattr(self.ownerComp, "time", None), "rate", 60.0)
            rows = outputs.status_rows(report, text, rate)
            outputs.write_table(table, rows, self.status)
            self.status = rows
        labels = self._node("labels")
        rows = outputs.label_rows(report)
        if labels is not None and rows != self.labels:
            outputs.write_table(labels, rows, self.labels)
            self.labels = rows

    def _write(self, **values):
        for name, value in values.items():
            par = self.ownerComp.par[name]
            if par is not None and par.eval() != value:
                par.val = value

    def _tell(self, event):
        if event.note is not None:
            self._callback("onNote", outputs.as_dict(event))
        elif event.kind in outputs.FLASHES:
            self._callback(f"on{event.kind.capitalize()}")
        elif event.kind == "error":
            self.errored = time.monotonic()
            self._trouble("error", f"The server refused something: {event.words[1]}.")
            self._callback("onError", *event.words)

    def _callback(self, name, *arguments):
        dat = self.ownerComp.par.Callbackdat.eval()
        if dat is None:
            return
        try:
            function = getattr(dat.module, name, None)
            if function is not None:
                function(self.ownerComp, *arguments)
        except Exception as error:  # theirs; ours goes on
            self._trouble("callback", f"{name} in {dat.name} failed: {type(error).__name__}: {error}.")

    def _node(self, name):
        node = self.ownerComp.op(name)
        words = f"The node {name} is missing inside the component: run build_tox.py again."
        self._trouble(f"node {name}", "" if node is not None else words)
        return node

    def _trouble(self, where, words):
        if words:
            self.trouble[where] = words
        else:
            self.trouble.pop(where, None)
