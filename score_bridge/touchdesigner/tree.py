"""The component as an expanded tree, for `toecollapse` to make a .tox of without a window.

Nodes, wires, parameters of nodes and texts are written. The component's own parameters are not: their file's grammar
is not known. An Execute DAT inside makes them when the .tox is first loaded, with the builder that the tree carries.
"""

import shutil
from pathlib import Path

from score_bridge.touchdesigner.formats import BUILD, node_text, parm_text, text_bytes, toc_text
from score_bridge.touchdesigner.source import Node, component_nodes, read_sources

NAME = "ScoreBridge"


def tree_files() -> dict[str, bytes]:
    """Return the files of the tree by path, .build first."""
    sources = read_sources()
    files = {".build": BUILD.encode()}
    files[f"{NAME}.n"] = node_text(Node(NAME, "baseCOMP", 0, 0, (), "", {})).encode()
    for node in component_nodes():
        path = f"{NAME}/{node.name}"
        files[f"{path}.n"] = node_text(node).encode()
        if node.parameters:
            files[f"{path}.parm"] = parm_text(node.parameters).encode()
        if node.file:
            files[f"{path}.text"] = text_bytes(sources[node.file])
    return files


def write_tree(out: Path) -> Path:
    """Write ScoreBridge.tox.dir and ScoreBridge.tox.toc into a folder, over what was there; return the .toc."""
    root, toc = out / f"{NAME}.tox.dir", out / f"{NAME}.tox.toc"
    shutil.rmtree(root, ignore_errors=True)
    files = tree_files()
    for path, data in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    toc.write_text(toc_text(list(files)), "utf-8", newline="\n")
    return toc
