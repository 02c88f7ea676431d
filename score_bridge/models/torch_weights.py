"""Between a PyTorch network and weights as arrays."""

from pathlib import Path

import torch
from torch import nn

from score_bridge.models.weight_files import NETWORK, Arrays, unfit


def network_arrays(network: nn.Module, dtype: torch.dtype) -> Arrays:
    """A network's weights, named to be kept, in the precision they are kept in."""
    weights = network.state_dict().items()
    return {f"{NETWORK}{k}": v.detach().to("cpu", dtype).contiguous().numpy() for k, v in weights}


def fill_network(path: Path, network: nn.Module, weights: Arrays) -> None:
    """Load weights by name into a network. ModelError when some are missing or of other sizes."""
    try:
        network.load_state_dict({name: torch.from_numpy(value) for name, value in weights.items()})
    except RuntimeError as error:
        raise unfit(path, error) from None
