"""The extension's half that reads parameters and tells the server of them. Main thread."""

from score_bridge_route import Options

LOWEST_TEMPO = 20


class Dials:
    """Needs of the extension: ownerComp, rows (the table of parameters by name), client, outputs, bound."""

    @property
    def StreamName(self):
        """The stream's name: the Stream parameter, or the component's own name."""
        return self.ownerComp.par.Stream.eval().strip()[:64] or self.ownerComp.name

    def _options(self):
        par = self.ownerComp.par
        return Options(
            host=par.Address.eval().strip() or "127.0.0.1", osc_port=int(self._value("Oscport")),
            zmq_port=int(self._value("Zmqport")), reply_port=int(self._value("Replyport")), stream=self.StreamName,
            transport=par.Transport.eval(), side=int(self._value("Resolution")), quality=int(self._value("Quality")),
            linear=par.Transfer.eval() == "linear",
        )  # fmt: skip

    def _value(self, name):
        """Return a number within its range, whatever an expression made of it."""
        row = self.rows[name]
        value = self.ownerComp.par[name].eval()
        return value if row["low"] is None else min(max(value, row["low"]), row["high"])

    def _send_parameter(self, name):
        row = self.rows.get(name)
        control = row["control"] if row else ""
        if name == "Bindings":
            self._bind()
        elif control == "tempo":
            if self._value(name) >= LOWEST_TEMPO:  # 0 leaves the tempo to the server
                self.client.keep(name, "/score/tempo", float(self._value(name)))
        elif control:
            value = self.ownerComp.par[name].menuIndex if row["style"] == "Menu" else self._value(name)
            number = float(value) if row["style"] == "Float" else int(value)
            self.client.keep(name, "/score/set", self.StreamName, control, number)

    def _bind(self):
        """Send `motion density 0.8; brightness register 0.5`, and 0 for what is no longer there."""
        wanted = {}
        for part in self.ownerComp.par.Bindings.eval().split(";"):
            words = part.split()
            try:
                if words:
                    source, target, amount = words
                    wanted[source, target] = float(amount)
            except ValueError:
                self._trouble("bind", f"Bindings: expected `motion density 0.8`, got `{part.strip()}`.")
                return
        self._trouble("bind", "")
        for pair in self.bound | set(wanted):
            amount = min(max(wanted.get(pair, 0.0), -2.0), 2.0)
            self.client.keep("bind " + " ".join(pair), "/score/bind", self.StreamName, *pair, amount)
        self.bound |= set(wanted)

    def _expect(self):
        low, high = sorted((int(self._value("Lowest")), int(self._value("Highest"))))
        self.outputs.expect(int(self._value("Channel")), low, high)
