"""What each of the processes does that test_parallel starts: `-m tests.training.two_ranks FOLDER`."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import torch
import torch.nn.functional as F

from score_bridge.models.melody.vae import MelodyVAE
from score_bridge.training.distributed import Ranks, join_processes
from score_bridge.training.melody.learner import Learner
from score_bridge.training.melody.metrics import along, shift
from score_bridge.training.melody.phrase_library import PhraseLibrary, measure_scale
from score_bridge.training.melody.recipe import Report
from score_bridge.training.melody.train import train
from tests.tiny import TOLD
from tests.training.made import FEW, scales

RECIPE = replace(FEW, steps=4)


def fresh() -> MelodyVAE:
    """A network that is the same in every process."""
    torch.manual_seed(0)
    return MelodyVAE(TOLD)


def gradients(network: MelodyVAE, phrases: torch.Tensor) -> torch.Tensor:
    """Gradients of a loss without chance in it, through encode and decode, as one row."""
    mean, _ = network.encode(phrases)
    logits = network.decode(shift(phrases), network.exact(along(mean)))
    loss = F.cross_entropy(logits.flatten(0, 1), phrases.flatten())
    loss.backward()  # type: ignore[no-untyped-call]
    return flat(network)


def flat(network: MelodyVAE) -> torch.Tensor:
    return torch.cat([p.grad.flatten() for p in network.parameters() if p.grad is not None])


def whole_batch() -> torch.Tensor:
    return torch.randint(0, 90, (8, 32), generator=torch.Generator().manual_seed(5))


def main(folder: Path) -> None:
    reports: list[Report] = []
    with join_processes("cpu") as ranks:
        train(scales(), folder / "run", replace(RECIPE, steps=20), TOLD, reports.append)
        said = _exchange(folder, ranks)
    said |= {"reports": len(reports), "threads": _group_threads()}
    (folder / f"said{ranks.rank}.json").write_text(json.dumps(said))


def _exchange(folder: Path, ranks: Ranks) -> dict[str, object]:
    network, part = fresh(), ranks.part(8)
    gradients(network, whole_batch()[ranks.rank * part :][:part])
    ranks.average_gradients(network)
    learner = Learner.begun(folder / "none", RECIPE, TOLD, ranks)
    lines = scales().lines("train")
    library = PhraseLibrary.of(lines, measure_scale(lines, 0), torch.device("cpu"))
    drawn = [{k: float(v) for k, v in learner.learn(library).items()} for _ in range(4)]
    tensors = {"gradients": flat(network), **learner.network.state_dict()}
    torch.save(tensors, folder / f"rank{ranks.rank}.pt")
    return {
        "agreed": ranks.agree(1.0 + ranks.rank, stop=ranks.rank == 1),
        "own": drawn[0]["loss"],
        "mean": ranks.average(drawn[0])["loss"],
    }


def _group_threads() -> list[str]:
    """Names of this process's threads that belong to a group of processes; none where there is no /proc."""
    names = [path.read_text().strip() for path in Path("/proc/self/task").glob("*/comm")]
    return [name for name in names if "gloo" in name]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
