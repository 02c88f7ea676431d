"""Optional packages: what to install where a command needs one, in one line that works however this was installed."""

from typing import Final

NEEDED_FOR: Final = {
    "av": "av midirenderer",
    "midirenderer": "av midirenderer",
    "onnx": "onnx onnxscript",
    "onnxscript": "onnx onnxscript",
}
"""What to install where a module is missing. `serve` needs none of them; what does without one asks first."""


def install_hint(error: ModuleNotFoundError) -> str | None:
    """Say what to install for a missing optional package; None when it is not one of them."""
    module = (error.name or "").partition(".")[0]
    packages = NEEDED_FOR.get(module)
    return packages and f"this needs the package {module}, which is not installed: pip install {packages}"
