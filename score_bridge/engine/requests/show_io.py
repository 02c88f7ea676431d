"""The server's show file: read at the start, written when a host asks for it."""

import logging
from dataclasses import replace
from pathlib import Path

from score_bridge.engine.events import SaveShow
from score_bridge.engine.models import EngineModels
from score_bridge.engine.requests.carry_out import refuse_request
from score_bridge.engine.requests.teaching import refit_show
from score_bridge.engine.state import StreamState
from score_bridge.errors import PeerError, ScoreBridgeError, SettingsError
from score_bridge.mapping.anchors import AnchorSet
from score_bridge.mapping.show import Show, check_models
from score_bridge.mapping.show_file import load_show, save_show
from score_bridge.settings import Settings
from score_bridge.vision.feature_groups import group_sizes
from score_bridge.wire import internal
from score_bridge.wire.bindings import Bindings, parse_bindings, possible
from score_bridge.wire.messages import Saved

LOG = logging.getLogger(__name__)


def show_at_start(settings: Settings, models: EngineModels) -> Show | None:
    """Load the show file of the settings, if there is one; one that is yet to be written needs its folder.

    Raises SettingsError or ModelError with one line.
    """
    path = Path(settings.show)
    if not settings.show:
        return None
    if not path.exists():
        if not path.parent.is_dir():
            raise SettingsError(f"show {path}: there is no folder {path.parent} to write it into")
        LOG.warning("the show file %s is not there yet: it is written at the first save", path)
        return None
    return load_fitting_show(path, settings.encoder, models)


def load_fitting_show(path: Path, encoder: str, models: EngineModels) -> Show:
    """Load a show for these models; what was taught with another melody model finds its places in this one.

    What an older file does not know of its models is logged. SettingsError or ModelError if it does not fit.
    """
    show = load_show(path)
    for doubt in check_models(path, show, encoder, models.weights):
        LOG.warning("%s", doubt)
    return refit_show(show, models.weights, models.decoder)


def save_stream(
    wanted: SaveShow, models: EngineModels, settings: Settings
) -> tuple[Show | None, internal.EngineReply]:
    """Write a stream to the show file; return the show, None where it could not be written, and the answer."""
    state = wanted.state
    try:
        if not settings.show:
            raise PeerError("save", "the server was started without --show FILE: there is no file to save to")
        show = replace(show_of(state, models, settings.encoder), controls=wanted.controls)
        save_show(Path(settings.show), show)
    except ScoreBridgeError as error:
        return None, refuse_request(wanted.ask, PeerError("save", str(error)))
    answer = Saved(stream=state.stream, path=settings.show, anchors=len(show.taught.anchors))
    return show, internal.EngineReply(ask=wanted.ask, answer=answer)


def show_of(state: StreamState, models: EngineModels, encoder: str) -> Show:
    """Return what a show file is to hold of a stream; PeerError before it has learned anything."""
    seen, known = state.picture, state.picture.calibration
    if known is None:
        raise PeerError("save", "there is nothing to save: the stream has seen no picture yet")
    settled = replace(known, before=known.basis, changed=0.0)  # its clock is not that of whoever loads it
    sizes = group_sizes({name: group for name, group in seen.reader.groups.items() if name in models.groups})
    whole = sum(size for _, size in sizes) == len(known.mean)
    bindings = tuple(f"{b.source} {b.target} {b.amount:g}" for b in state.bindings)
    taught = AnchorSet(seen.anchors.anchors)
    return Show(settled, taught, bindings, encoder, models.weights, sizes if whole else (("host", len(known.mean)),))


def bindings_of(show: Show | None, models: EngineModels) -> Bindings:
    """Return what a show binds; of that nothing that needs named directions in a model without them."""
    return possible(parse_bindings(show.bindings), models.decoder.directions) if show is not None else ()
