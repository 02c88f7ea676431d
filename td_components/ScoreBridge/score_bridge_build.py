"""Builds the component, and the example around it, from the tables. Runs inside TouchDesigner, on the main thread.

May be run again and again: what is there is kept, what has drifted is mended, values that somebody set survive. What
cannot be done is said in the component's Status and does not stop the rest.
"""

import json

import score_bridge_nodes as nodes

NAME = "ScoreBridge"
EXTENSION = "op('./score_bridge_ext').module.ScoreBridgeExt(me)"
ABOUT = ("Version", "Toxsavebuild")


class Builder:
    """Does things one by one; `failed` are those that could not be done, in words."""

    def __init__(self, sources):
        self.sources = sources  # texts by file name
        self.failed = []

    def build(self, network):
        """Return the component in `network`, made or brought up to date."""
        comp = network.op(NAME)
        if comp is None:
            comp = network.create("baseCOMP", NAME)
        self.mend(comp)
        return comp

    def mend(self, comp):
        """Make everything inside `comp` what the tables say."""
        self.attempt("closing the old extension", _end_extension, comp)
        self.place(comp, nodes.COMPONENT)
        self.attempt("parameters", self.parameters, comp)
        self.attempt("the extension", _begin_extension, comp)
        if self.failed:
            comp.par.Status = "Not everything could be built: " + "; ".join(self.failed)
        return comp

    def example(self, network):
        """Return the example's network, which holds a component of its own."""
        home = network.op("ScoreBridgeExample") or network.create("baseCOMP", "ScoreBridgeExample")
        comp = self.build(home)
        comp.nodeX, comp.nodeY = nodes.EXAMPLE_COMPONENT_AT
        self.place(home, nodes.EXAMPLE)
        for index, name in enumerate(nodes.EXAMPLE_INPUTS):
            self.attempt(f"wiring {name}", comp.inputConnectors[index].connect, home.op(name))
        return home

    def place(self, network, table):
        """Make the nodes of a table, then wire them: an input may stand further down."""
        for node in table:
            self.attempt(f"node {node.name}", self.node, network, node)
        for node in table:
            self.attempt(f"wiring {node.name}", _wire, network, node)

    def node(self, network, node):
        """Make one node what its row says."""
        made = network.op(node.name)
        if made is not None and made.OPType != node.type:
            made.destroy()
            made = None
        made = made or network.create(node.type, node.name)
        made.nodeX, made.nodeY = node.x, node.y
        if node.file:
            made.text = self.sources[node.file]
        if node.type == "textDAT":
            language = {"py": "python", "json": "json"}.get(node.file.rpartition(".")[2], "text")
            self.set(made, {"file": "", "syncfile": False, "language": language})
        self.set(made, node.parameters)

    def set(self, node, values):
        """Set parameters; one that this build of TouchDesigner does not have is reported."""
        for name, value in values.items():
            self.attempt(f"{node.name}.{name}", _set, node, name, value)

    def parameters(self, comp):
        """Make the custom parameters anew and give them back what was set."""
        kept = {par.name: _state(par) for par in comp.customPars}
        comp.destroyCustomPars()
        pages = {}
        for row in json.loads(comp.op("parameters").text):
            page = pages.get(row["page"]) or comp.appendCustomPage(row["page"])
            pages[row["page"]] = page
            self.attempt(f"parameter {row['name']}", _parameter, page, row)
            if row["name"] in kept and row["name"] not in ABOUT and row["style"] != "Pulse":
                self.attempt(f"value of {row['name']}", _restore, comp.par[row["name"]], kept[row["name"]])
        self.attempt("Toxsavebuild", setattr, comp.par, "Toxsavebuild", f"{app.version}.{app.build}")

    def attempt(self, what, function, *arguments):
        """Call something; if TouchDesigner will not, note that and go on."""
        try:
            return function(*arguments)
        except Exception as error:  # TouchDesigner's own errors have no common class
            self.failed.append(f"{what} ({error})")
            return None


def build(network, sources, example=False, path=""):
    """Build into a network; with a path save the component there. Return it, or the example's network."""
    builder = Builder(sources)
    made = builder.example(network) if example else builder.build(network)
    comp = made.op(NAME) if example else made
    if path:
        builder.attempt(f"saving {path}", comp.save, path)
    if builder.failed:
        comp.par.Status = "Not everything could be built: " + "; ".join(builder.failed)
    return made


def mend(comp):
    """Complete a component that has its nodes and texts but not its parameters."""
    texts = {node.file: comp.op(node.name).text for node in nodes.COMPONENT if node.file}
    return Builder(texts).mend(comp)


def _end_extension(comp):
    comp.par.ext0object = ""
    comp.initializeExtensions()


def _begin_extension(comp):
    comp.par.ext0object = EXTENSION
    comp.par.ext0promote = True
    comp.initializeExtensions()


def _wire(network, node):
    for index, name in enumerate(node.inputs):
        network.op(node.name).inputConnectors[index].connect(network.op(name))


def _set(node, name, value):
    par = getattr(node.par, name)
    if isinstance(value, str) and value.startswith("="):
        par.expr = value[1:]
    else:
        par.val = value


def _parameter(page, row):
    options = {"label": row["label"]}
    par = getattr(page, "append" + row["style"])(row["name"], **options)[0]
    if row["menu"]:
        par.menuNames, par.menuLabels = row["menu"], row["labels"]
    if row["low"] is not None:
        par.min = par.normMin = row["low"]
        par.max = par.normMax = row["high"]
        par.clampMin = par.clampMax = True
    if row["default"] is not None:
        par.default = row["default"]
        par.val = row["default"]
    par.help = row["help"]
    par.readOnly = row["readonly"]


def _state(par):
    return str(par.mode).rpartition(".")[2], par.val, par.expr, par.bindExpr


def _restore(par, state):
    mode, value, expression, binding = state
    if par is None or par.readOnly:
        return
    if mode == "EXPRESSION":
        par.expr = expression
    elif mode == "BIND":
        par.bindExpr = binding
    else:
        par.val = value
