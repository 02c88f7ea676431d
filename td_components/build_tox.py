"""Builds ScoreBridge in TouchDesigner. Drag this file into a network, then right-click it and choose Run Script.

It makes the component beside itself and does the same again whenever it is run: an older component becomes this one
and keeps its parameters' values. In the Textport, or with the switches below:

    op('build_tox').run()             the component
    op('build_tox').run('save')       ... and ScoreBridge.tox beside the project file
    op('build_tox').run('example')    a network that shows what it does
"""

SAVE = False
EXAMPLE = False

# Filled by `score-bridge td install`: every source by its file name, so that this one file is enough. Empty in the
# repository, where they lie in the folder ScoreBridge beside this file.
SOURCES = {}


def read_sources(folder):
    """Return the texts of the component's files by name. Raises OSError where the folder is not beside this file."""
    from pathlib import Path

    return {
        path.name: path.read_text("utf-8")
        for path in sorted((Path(folder) / "ScoreBridge").iterdir())
        if path.suffix in (".py", ".json", ".txt")
    }


def load(sources):
    """Return the builder, made from its text: nothing is put on Python's path."""
    from types import ModuleType

    nodes, builder = ModuleType("score_bridge_nodes"), ModuleType("score_bridge_build")
    builder.__dict__.update(app=app)
    exec(compile(sources["score_bridge_nodes.py"], "score_bridge_nodes.py", "exec"), nodes.__dict__)
    text = sources["score_bridge_build.py"].replace("import score_bridge_nodes as nodes", "")
    builder.__dict__["nodes"] = nodes
    exec(compile(text, "score_bridge_build.py", "exec"), builder.__dict__)
    return builder


def main(words):
    """Build, and say where."""
    import os

    folder = os.path.dirname(me.par.file.eval())
    sources = SOURCES or read_sources(folder or project.folder)
    path = os.path.join(project.folder, "ScoreBridge.tox") if SAVE or "save" in words else ""
    return load(sources).build(me.parent(), sources, EXAMPLE or "example" in words, path)


made = main(globals().get("args") or ())
debug(f"ScoreBridge is at {made.path}. Wire a TOP into it and look at its Status.")
