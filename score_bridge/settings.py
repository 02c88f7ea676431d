"""One frozen, validated Settings: defaults, then a TOML file, then SCORE_BRIDGE_* variables, then flags."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

import msgspec
from msgspec import Meta

from score_bridge.errors import PeerError, SettingsError
from score_bridge.wire.bindings import parse_bindings
from score_bridge.wire.controls import Controls, check_limits, from_texts, take_over
from score_bridge.wire.messages import Bpm
from score_bridge.wire.midi_expression import parse_mapping

Port = Annotated[int, Meta(ge=0, le=65535)]
ENV_PREFIX = "SCORE_BRIDGE_"
MAX_STREAMS = 32  # streams of one server


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a server runs. Port 0 lets the system choose. It listens on loopback unless `host` is another address."""

    host: Annotated[
        str, Meta(description="Address to listen on; an address beyond loopback also needs allow_remote.")
    ] = "127.0.0.1"
    allow_remote: Annotated[bool, Meta(description="Permit a host other than loopback.")] = False
    zmq_port: Annotated[Port, Meta(description="ZeroMQ ROUTER port, to which hosts connect.")] = 5570
    pub_port: Annotated[
        Port,
        Meta(description="ZeroMQ PUB port: note, status, latent, expression, label, attribute, key, link."),
    ] = 5571
    osc_port: Annotated[Port, Meta(description="Port of the OSC input, UDP and TCP.")] = 9901
    osc_reply_port: Annotated[
        Port, Meta(description="UDP port of this machine that always gets notes by OSC; 0 turns it off.")
    ] = 9902
    osc_delivery: Annotated[
        Literal["due", "ahead"],
        Meta(description="Whether OSC notes are sent when they are due, or ahead of time in a time-tagged bundle."),
    ] = "due"
    midi_port: Annotated[
        str, Meta(description="MIDI output: the name of a port, virtual for a port of its own, or none.")
    ] = "none"
    cc: Annotated[
        tuple[str, ...],
        Meta(
            description="Sends a reading of the picture as MIDI, 'motion=1', 'hue=bend', 'edges=pressure'; repeats."
        ),
    ] = ()
    clock_in: Annotated[
        str, Meta(description="MIDI input whose clock is followed: the name of a port, virtual, or none.")
    ] = "none"
    link: Annotated[bool, Meta(description="Share tempo and beat with Ableton Link on the local network.")] = False
    clock_out: Annotated[bool, Meta(description="Send MIDI clock, start and stop to the MIDI output.")] = False
    device: Annotated[
        Literal["auto", "cpu", "cuda"], Meta(description="Where the models run; auto is CUDA where PyTorch sees it.")
    ] = "auto"
    encoder: Annotated[
        Literal["both", "features", "vae"],
        Meta(description="What reads pictures: the feature encoder, the frame VAE (faster, knows less), or both."),
    ] = "both"
    frame_model: Annotated[
        str, Meta(description="File of frame VAE weights (.safetensors); empty takes the shipped ones.")
    ] = ""
    melody_model: Annotated[
        str, Meta(description="File of melody model weights (.safetensors); empty takes the shipped ones.")
    ] = ""
    tempo: Annotated[Bpm, Meta(description="Beats per minute of the server's clock.")] = 120.0
    seed: Annotated[
        int, Meta(ge=0, description="Seed of all random draws; the same seed and pictures give the same notes.")
    ] = 0
    lead_ms: Annotated[
        float, Meta(ge=2, le=100, description="How long before its sixteenth a step is decided, in milliseconds.")
    ] = 16.0
    late_ms: Annotated[
        float,
        Meta(
            ge=20,
            le=5000,
            description="Milliseconds, 20 to 5000: a note that could only begin later is dropped and counted.",
        ),
    ] = 200.0
    bind: Annotated[
        tuple[str, ...],
        Meta(description="Lets a reading of the picture move the music, 'motion density 0.8'; may be repeated."),
    ] = ()
    show: Annotated[
        str, Meta(description="Show file with which new streams begin and which /score/save writes; empty is none.")
    ] = ""
    log_file: Annotated[
        str, Meta(description="File to which the log is added, beside the terminal; empty is none.")
    ] = ""
    controls: Annotated[Controls, Meta(description="The controls with which every new stream starts.")] = Controls()


LISTS = tuple(f.name for f in msgspec.structs.fields(Settings) if f.default == () and f.name != "controls")
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def load_settings(
    flags: Mapping[str, Any], file: Path | None = None, env: Mapping[str, str] | None = None
) -> Settings:
    """Merge defaults, TOML `file`, environment and `flags` (None values are left out); later ones win.

    Raises SettingsError with one line that names the source and the key.
    """
    merged: dict[str, Any] = {}
    for source, values in (
        (f"{file}", _read_toml(file)), ("environment", _read_env(env or {})), ("flags", _given(flags)),
    ):  # fmt: skip
        merged = _merge(merged, values)
        settings = _convert(merged, source)
    if settings.host not in LOOPBACK and not settings.allow_remote:
        raise SettingsError(f"host {settings.host!r} is beyond this machine: add allow_remote to mean it")
    if settings.link and settings.clock_in != "none":
        raise SettingsError("link and clock_in cannot both lead: choose one")
    return settings


def _convert(values: Mapping[str, Any], source: str) -> Settings:
    try:
        settings = msgspec.convert(values, Settings, strict=False)
        parse_bindings(settings.bind)
        parse_mapping(settings.cc)
        check_limits(settings.controls)
        return settings
    except msgspec.ValidationError as error:
        raise SettingsError(_fault(values, source) or f"settings from {source}: {error}") from None
    except (PeerError, SettingsError) as error:
        raise SettingsError(f"settings from {source}: {error}") from None


def _fault(values: Mapping[str, Any], source: str) -> str:
    """Name the first value that cannot be, as it was written in `source`, and what can; "" if there is none."""
    controls = values.get("controls")
    groups: list[tuple[str, type[msgspec.Struct], Mapping[str, Any]]] = [
        ("", Settings, values),
        ("controls.", Controls, controls if isinstance(controls, Mapping) else {}),
    ]
    for prefix, kind, given in groups:
        kinds = {field.name: field.type for field in msgspec.structs.fields(kind)}
        for name, value in given.items():
            if name not in kinds:
                return f"{_written(prefix, name, source)} is not known; there are {', '.join(kinds)}"
            try:
                msgspec.convert(value, kinds[name] if name != "controls" else Any, strict=False)
            except msgspec.ValidationError:
                return f"{_written(prefix, name, source)} must be {allowed(kinds[name])}, got {value!r}"
    return ""


def _written(prefix: str, name: str, source: str) -> str:
    """What a setting or control is called where it was given."""
    if source == "flags":
        return f"--{name.replace('_', '-')}"
    if source == "environment":
        return f"{ENV_PREFIX}{prefix.replace('.', '_')}{name}".upper()
    return f"{source}: {prefix}{name}"


def _merge(base: dict[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**base, **more}
    if isinstance(base.get("controls"), Mapping) and isinstance(more.get("controls"), Mapping):
        merged["controls"] = {**base["controls"], **more["controls"]}
    return merged


def as_shown(settings: Settings, shown: Sequence[str]) -> Settings:
    """Return the settings as a show sets controls and tempo ("name value"), except where they were set otherwise.

    Raises PeerError for a value that cannot be.
    """
    tempo = next((float(text.split()[1]) for text in shown if text.startswith("tempo ")), settings.tempo)
    return msgspec.structs.replace(
        settings,
        controls=take_over(settings.controls, Controls(), from_texts(shown)),
        tempo=tempo if settings.tempo == Settings().tempo else settings.tempo,
    )


def allowed(kind: Any) -> str:
    """Say in words which values a field of this annotated type takes: "one of a, b", "a number from 0 to 1"."""
    inner, *metas = get_args(kind) if get_origin(kind) is Annotated else (kind,)
    if get_origin(inner) is Literal:
        return f"one of {', '.join(get_args(inner))}"
    if inner is bool:
        return "true or false"
    if inner not in (int, float):
        return "texts" if get_origin(inner) is tuple else "text"
    low = next((meta.ge for meta in metas if meta.ge is not None), None)
    high = next((meta.le for meta in metas if meta.le is not None), None)
    number = "a whole number" if inner is int else "a number"
    if low is None or high is None:
        return number if low is None else f"{number}, {low:g} or more"
    return f"{number} from {low:g} to {high:g}"


def _read_toml(file: Path | None) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"cannot read settings {file}: {error}") from None


def _read_env(env: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    known = {f.name for f in msgspec.structs.fields(Settings)} - {"controls"}
    for key, text in env.items():
        name = key.removeprefix(ENV_PREFIX).lower()
        if not key.startswith(ENV_PREFIX):
            continue
        if name.startswith("controls_"):
            values.setdefault("controls", {})[name.removeprefix("controls_")] = text
        elif name in LISTS:
            values[name] = [part for part in text.split(";") if part.strip()]
        elif name in known:
            values[name] = text
        else:
            raise SettingsError(f"environment: {key} names no setting")
    return values


def as_environment(settings: Settings) -> dict[str, str]:
    """Return every setting as an environment variable, from which `load_settings` makes the same settings again."""
    values = msgspec.to_builtins(settings)
    values |= {name: ";".join(getattr(settings, name)) for name in LISTS}
    values |= {f"controls_{name}": value for name, value in values.pop("controls").items()}
    return {f"{ENV_PREFIX}{name.upper()}": str(value) for name, value in values.items()}


def _given(flags: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in flags.items() if value is not None}
