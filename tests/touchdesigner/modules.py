"""The component's pure modules, importable as they are in TouchDesigner: by name, beside each other."""

import sys

from score_bridge.touchdesigner.source import folder

HERE = str(folder() / "ScoreBridge")
if HERE not in sys.path:
    sys.path.append(HERE)
