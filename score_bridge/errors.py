"""Errors that know whose fault they are: theirs (a peer's input) or ours (settings, weights, device)."""


class ScoreBridgeError(Exception):
    """Anything this project raises on purpose. The message is one line, fit to show to a person."""


class PeerError(ScoreBridgeError):
    """A connected program sent something that cannot be used. It is answered and counted, never fatal."""

    def __init__(self, kind: str, reason: str) -> None:
        """Name the fault: `kind` is a short stable word for counting, `reason` says what was expected and came."""
        super().__init__(reason)
        self.kind = kind
        self.reason = reason


class SettingsError(ScoreBridgeError):
    """A setting, flag or argument is unusable; the message names it. The command line exits with code 2."""


class MediaError(ScoreBridgeError):
    """A film, sound or MIDI file given on the command line cannot be read or written. Exit code 2."""


class ModelError(ScoreBridgeError):
    """Weights are missing, damaged or of another version. Exit code 2."""


class DeviceError(ScoreBridgeError):
    """The compute device or MIDI port asked for is not to be had. Exit code 2."""
