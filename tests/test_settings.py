import re
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from score_bridge.errors import PeerError, SettingsError
from score_bridge.settings import Settings, as_environment, as_shown, load_settings
from score_bridge.touchdesigner.parameters import parameters
from score_bridge.wire.bindings import Binding, parse_bindings
from score_bridge.wire.controls import CONTROLS, Controls, to_texts


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    return tmp_path / "score.toml"


def test_the_defaults_need_nothing() -> None:
    assert load_settings({}) == Settings()
    assert Settings().host == "127.0.0.1"


def test_file_then_environment_then_flags(toml: Path) -> None:
    toml.write_text('zmq_port = 1\nosc_port = 1\ntempo = 100\n[controls]\nroot = "D"\nprogram = 1\nchannel = 2\n')
    env = {
        "SCORE_BRIDGE_OSC_PORT": "2",
        "SCORE_BRIDGE_TEMPO": "101.5",
        "SCORE_BRIDGE_CONTROLS_PROGRAM": "2",
        "HOME": "/",
    }
    flags = {"tempo": 102.0, "zmq_port": None, "controls": {"channel": 3}}
    assert load_settings(flags, toml, env) == Settings(
        zmq_port=1, osc_port=2, tempo=102.0, controls=Controls(root="D", program=2, channel=3)
    )


def test_bindings_come_from_anywhere_and_the_later_source_has_all_of_them(toml: Path) -> None:
    toml.write_text('bind = ["motion density 1", "hue range -0.5"]')
    env = {"SCORE_BRIDGE_BIND": "edges range 1; motion density 0.5;"}
    assert load_settings({"bind": None}, toml).bind == ("motion density 1", "hue range -0.5")
    assert parse_bindings(load_settings({}, toml, env).bind) == (
        Binding("edges", "range", 1.0),
        Binding("motion", "density", 0.5),
    )
    assert load_settings({"bind": ["hue range 2"]}, toml, env).bind == ("hue range 2",)


def test_words_of_the_environment_become_values() -> None:
    env = {"SCORE_BRIDGE_HOST": "0.0.0.0", "SCORE_BRIDGE_ALLOW_REMOTE": "true", "SCORE_BRIDGE_SEED": "7"}
    settings = load_settings({}, env=env)
    assert (settings.host, settings.allow_remote, settings.seed) == ("0.0.0.0", True, 7)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"zmq_port": 70000}, "--zmq-port must be a whole number from 0 to 65535, got 70000"),
        ({"tempo": 5.0}, "--tempo must be a number from 20 to 300, got 5.0"),
        ({"device": "tpu"}, "--device must be one of auto, cpu, cuda, got 'tpu'"),
        ({"speed": 1}, "--speed is not known; there are host, "),
        ({"controls": {"temperature": 9}}, "--temperature must be a number from 0 to 2, got 9"),
        ({"controls": {"loudness": 9}}, "--loudness is not known; there are temperature, "),
        ({"controls": {"scale": "dorain"}}, "--scale must be one of free, major, .*, got 'dorain'"),
        ({"controls": {"lowest": 90, "highest": 40}}, "lowest must not be above highest, got 90 and 40"),
        ({"controls": {"velocity_low": 100, "velocity_high": 9}}, "velocity_low must not be above velocity_high"),
        ({"host": "0.0.0.0"}, "host '0.0.0.0' is beyond this machine: add allow_remote"),
        ({"host": "192.168.1.5"}, "beyond this machine"),
        ({"link": True, "clock_in": "virtual"}, "link and clock_in cannot both lead: choose one"),
        (
            {"bind": ["motion loudness 1"]},
            "settings from flags: bind 'motion loudness 1': expected one of brightness, .*",
        ),
        ({"bind": ["motion density 2.5"]}, "bind 'motion density 2.5': .* then -2 to 2"),
        ({"bind": ["motion density nan"]}, "bind 'motion density nan'"),
        ({"bind": ["motion density"]}, 'as in "motion density 0.8"'),
    ],
)
def test_a_bad_setting_is_named_in_one_line(flags: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingsError, match=words) as caught:
        load_settings(flags)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_loopback_needs_no_permission(host: str) -> None:
    assert load_settings({"host": host}).host == host


def test_remote_with_permission() -> None:
    assert load_settings({"host": "0.0.0.0", "allow_remote": True}).host == "0.0.0.0"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"zmq_port = ", "cannot read settings .*score.toml: Invalid value"),
        (b"\xff\xfe", "cannot read settings .*score.toml: .*utf-8"),
        (b'zmq_port = "5570x"', r"score\.toml: zmq_port must be a whole number from 0 to 65535, got '5570x'"),
        (b"zmq = 5570", r"score\.toml: zmq is not known; there are host, "),
        (b"controls = 5", r"settings from .*score.toml: .*\$\.controls"),
    ],
)
def test_a_bad_file_is_named(toml: Path, text: bytes, words: str) -> None:
    toml.write_bytes(text)
    with pytest.raises(SettingsError, match=words):
        load_settings({}, toml)


def test_a_missing_file_is_named(toml: Path) -> None:
    with pytest.raises(SettingsError, match=r"cannot read settings .*score\.toml: .*No such file"):
        load_settings({}, toml)


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ({"SCORE_BRIDGE_TEMPI": "90"}, "environment: SCORE_BRIDGE_TEMPI names no setting"),
        ({"SCORE_BRIDGE_CONTROLS": "loud"}, "environment: SCORE_BRIDGE_CONTROLS names no setting"),
        ({"SCORE_BRIDGE_TEMPO": "fast"}, "SCORE_BRIDGE_TEMPO must be a number from 20 to 300, got 'fast'"),
        ({"SCORE_BRIDGE_CONTROLS_LOUD": "1"}, "SCORE_BRIDGE_CONTROLS_LOUD is not known; there are temperature, "),
    ],
)
def test_a_bad_variable_is_named(env: dict[str, str], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        load_settings({}, env=env)


def test_every_control_and_setting_is_described_by_a_sentence_of_its_own() -> None:
    described = {name: spec.description for name, spec in CONTROLS.items()}
    described |= {f.name: get_args(f.type)[-1].description for f in msgspec.structs.fields(Settings)}
    described |= {row.name: row.help for row in parameters()}
    assert [name for name, words in described.items() if not re.fullmatch(r"[A-Z][^…]+\.", words)] == []


def test_every_setting_survives_the_way_to_another_process() -> None:
    controls = Controls(scale="dorian", root="D", channel=9, variation=0.25, invert="on")
    given = Settings(
        host="::1", zmq_port=0, tempo=99.5, seed=7, encoder="vae", frame_model="a b.safetensors", lead_ms=33.0,
        bind=("motion density 0.5", "hue range -1"), show="show.safetensors", allow_remote=True, controls=controls,
    )  # fmt: skip
    for settings in (given, Settings()):
        assert load_settings({}, env=as_environment(settings)) == settings


def test_a_show_sets_what_was_not_set_otherwise() -> None:
    shown = (*to_texts(Controls(scale="dorian", energy=0.5, memory=4)), "tempo 90", "colour_of_money 3")
    own = Settings(controls=Controls(energy=1.5))
    assert as_shown(own, shown) == Settings(controls=Controls(scale="dorian", energy=1.5, memory=4), tempo=90.0)
    assert as_shown(Settings(tempo=100.0), ("tempo 90",)).tempo == 100.0
    with pytest.raises(PeerError, match=r"energy must be 0 to 2, got 9\.0"):
        as_shown(own, ("energy 9",))
