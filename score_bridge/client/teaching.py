"""The client's half of teaching: pairing pictures with music, calibrating, saving. Every call waits for an answer."""

from typing import Literal

from score_bridge.client.link import Link
from score_bridge.wire import messages as m
from score_bridge.wire.bindings import Direction


class Teacher:
    """What a `Client` can teach. All calls raise PeerError with the server's reason, and ServerSilentError.

    What teaches or forgets returns all that the stream is taught then: what it was taught from, by name.
    """

    _link: Link

    def teach(self, name: str, *, stream: str = m.MAIN_STREAM) -> dict[str, str]:
        """Pair the picture seen now with the two bars now playing."""
        return self._taught(m.Teach(name=name, stream=stream))

    def teach_midi(self, name: str, midi: bytes, *, stream: str = m.MAIN_STREAM) -> dict[str, str]:
        """Pair the picture seen now with the first two bars of a MIDI file's melody (its bytes, at most 64 KB)."""
        return self._taught(m.TeachMidi(name=name, stream=stream), midi)

    def teach_direction(
        self, name: str, direction: Direction, value: float, *, stream: str = m.MAIN_STREAM
    ) -> dict[str, str]:
        """Pair the picture seen now with what it plays, but with a direction set to `value`, -3 to 3."""
        return self._taught(m.TeachDirection(name=name, direction=direction, value=value, stream=stream))

    def teach_list(self, stream: str = m.MAIN_STREAM) -> dict[str, str]:
        """Return what the stream was taught."""
        return self._taught(m.TeachList(stream=stream))

    def teach_remove(self, name: str, *, stream: str = m.MAIN_STREAM) -> dict[str, str]:
        """Forget what was taught under a name."""
        return self._taught(m.TeachRemove(name=name, stream=stream))

    def teach_undo(self, stream: str = m.MAIN_STREAM) -> dict[str, str]:
        """Take back the last thing taught or removed."""
        return self._taught(m.TeachUndo(stream=stream))

    def calibrate(self, action: Literal["freeze", "adapt", "reset"], *, stream: str = m.MAIN_STREAM) -> m.Calibrated:
        """Freeze the stream's calibration, adapt it further, or reset it."""
        return self._link.request(m.Calibrate(action=action, stream=stream), m.Calibrated)

    def save(self, stream: str = m.MAIN_STREAM) -> str:
        """Let the server write its show file; return which."""
        return self._link.request(m.Save(stream=stream), m.Saved).path

    def _taught(self, question: m.Teaching, payload: bytes = b"") -> dict[str, str]:
        listed = self._link.request(question, m.Anchors, payload).anchors
        return dict(zip(listed[::2], listed[1::2], strict=True))
