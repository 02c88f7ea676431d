"""How a stream begins: from nothing, or from what a show knows. Pure."""

from dataclasses import replace

from score_bridge.engine.state import PictureState, StreamState
from score_bridge.mapping.anchors import UNTAUGHT
from score_bridge.mapping.show import Show


def new_stream(stream: str, seed: int, show: Show | None) -> StreamState:
    """Return a new stream, calibrated and taught as the show says."""
    if show is None:
        return StreamState(stream, seed)
    return StreamState(stream, seed, PictureState(calibration=show.calibration, anchors=show.taught))


def drop_unfitting_show(state: StreamState, length: int) -> tuple[StreamState, str]:
    """Drop the show of a stream whose first features have another `length`; also return a warning, or none."""
    seen = state.picture
    if seen.features is not None or seen.calibration is None or len(seen.calibration.mean) == length:
        return state, ""
    wanted = len(seen.calibration.mean)
    anew = replace(state, picture=replace(seen, calibration=None, anchors=UNTAUGHT))
    return anew, f"the show is for {wanted} features, this stream has {length}: it begins without the show"
