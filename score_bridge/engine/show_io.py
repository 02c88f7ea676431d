"""How a stream begins, from nothing or from the server's show file, and how that file is written."""

import logging
from dataclasses import replace
from pathlib import Path

from score_bridge.engine.models import EngineModels
from score_bridge.engine.requests import refuse_request
from score_bridge.engine.state import PictureState, StreamState
from score_bridge.errors import PeerError, ScoreBridgeError, SettingsError
from score_bridge.mapping.anchors import UNTAUGHT, AnchorSet
from score_bridge.mapping.show_file import Show, check_show, load_show, save_show
from score_bridge.settings import Settings
from score_bridge.vision.feature_groups import group_sizes
from score_bridge.wire import internal
from score_bridge.wire.bindings import Bindings, parse_bindings
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
    show = load_show(path)
    check_show(path, show, settings.encoder, models.melody.name)
    return show


def save_stream(
    message: internal.EngineRequest, state: StreamState, known: Show | None, models: EngineModels, settings: Settings
) -> tuple[Show | None, internal.EngineReply]:
    """Write a stream to the show file; also return the show that new streams begin with from now on."""
    try:
        if not settings.show:
            raise PeerError("save", "the server was started without --show FILE: there is no file to save to")
        show = show_of(state, models, settings.encoder)
        save_show(Path(settings.show), show)
    except ScoreBridgeError as error:
        return known, refuse_request(message.ask, PeerError("save", str(error)))
    answer = Saved(stream=state.stream, path=settings.show, anchors=len(show.taught.anchors))
    return show, internal.EngineReply(ask=message.ask, answer=answer)


def show_of(state: StreamState, models: EngineModels, encoder: str) -> Show:
    """Return what a show file is to hold of a stream; PeerError before it has learned anything."""
    seen, known = state.seen, state.seen.calibration
    if known is None:
        raise PeerError("save", "there is nothing to save: the stream has seen no picture yet")
    settled = replace(known, before=known.basis, changed=0.0)  # its clock is not that of whoever loads it
    sizes = group_sizes({name: seen.parts[name] for name in models.groups if name in seen.parts})
    whole = sum(size for _, size in sizes) == len(known.mean)
    bindings = tuple(f"{b.source} {b.target} {b.amount:g}" for b in state.bindings)
    return Show(
        settled, AnchorSet(seen.anchors.anchors), bindings, encoder, models.melody.name, sizes if whole else ()
    )


def bindings_of(show: Show | None, models: EngineModels) -> Bindings:
    """Return what a show binds; nothing in a model without named directions."""
    return parse_bindings(show.bindings) if show is not None and models.decoder.directions else ()


def new_stream(stream: str, seed: int, show: Show | None) -> StreamState:
    """Return a new stream, calibrated and taught as the show says."""
    if show is None:
        return StreamState(stream, seed)
    return StreamState(stream, seed, PictureState(calibration=show.calibration, anchors=show.taught))


def drop_unfitting_show(state: StreamState, length: int) -> tuple[StreamState, str]:
    """Let a stream whose first features have another `length` than its show begin from nothing; also say so."""
    seen = state.seen
    if seen.features is not None or seen.calibration is None or len(seen.calibration.mean) == length:
        return state, ""
    wanted = len(seen.calibration.mean)
    anew = replace(state, seen=replace(seen, calibration=None, anchors=UNTAUGHT))
    return anew, f"the show is for {wanted} features, this stream has {length}: it begins without the show"
