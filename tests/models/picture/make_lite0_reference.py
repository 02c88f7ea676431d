"""Make `lite0_reference.safetensors`: features and logits of the package that this network was written out from.

Run from the root, after `pip install efficientnet-lite-pytorch==0.1.0`:

    python -m tests.models.picture.make_lite0_reference

The package runs in float64: its own rounding in float32 is as large as the difference that the tests are to find.
"""

import importlib
from pathlib import Path

import torch
from safetensors.torch import save_file

from score_bridge.models.picture.published_features import packaged_weights
from tests.models.picture.lite0_pictures import lite0_pictures

REFERENCE = Path(__file__).with_name("lite0_reference.safetensors")


def main() -> None:
    """Write the package's outputs, rounded to float32."""
    network = importlib.import_module("efficientnet_lite_pytorch").EfficientNet.from_name("efficientnet-lite0")
    network.load_state_dict(torch.load(packaged_weights(), weights_only=True))
    network.eval().double()
    outputs = {}
    for name, picture in lite0_pictures().items():
        x = (torch.from_numpy(picture).permute(2, 0, 1)[None].double() - 127) / 128
        with torch.inference_mode():
            outputs[f"{name}.features"] = network.extract_features(x).mean((2, 3))[0].float()
            outputs[f"{name}.logits"] = network(x)[0].float()
    save_file(outputs, REFERENCE)


if __name__ == "__main__":
    main()
