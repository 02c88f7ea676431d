"""The command line. Every command is a thin shell: options to settings, a call, words for people."""

import json
import os
import sys
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from score_bridge.cli.extras import install_hint
from score_bridge.cli.options import settings_options
from score_bridge.cli.touchdesigner import td_app
from score_bridge.errors import ScoreBridgeError
from score_bridge.settings import Settings

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)
train_app = typer.Typer(no_args_is_help=True, help="Train models.")
app.add_typer(train_app, name="train")
evaluate_app = typer.Typer(no_args_is_help=True, help="Measure models.")
app.add_typer(evaluate_app, name="evaluate")
app.add_typer(td_app, name="td")

Device = Literal["auto", "cpu", "cuda"]
Out = Annotated[Path, typer.Option(help="folder for what is made")]
Soundfont = Annotated[Path | None, typer.Option(help="a .sf2 to play with instead of the built-in one")]


@app.command()
@settings_options()
def serve(settings: Settings) -> None:
    """Run the server. The first line on stdout is JSON with its addresses, once the models are warm."""
    from score_bridge.live.bridge import serve as run

    run(settings, on_ready=lambda info: print(json.dumps(info), flush=True))


@app.command()
@settings_options("device", "encoder", "frame_model", "melody_model", "tempo", "seed", "bind", "show", "controls")
def score(
    settings: Settings,
    film: Annotated[Path, typer.Argument(help="any video that PyAV or OpenCV reads")],
    out: Out = Path("out/score"),
    limit: Annotated[float | None, typer.Option(help="only so many seconds of it", min=0.5)] = None,
    keep_audio: Annotated[float, typer.Option(help="gain of the film's own sound in the mix", min=0, max=4)] = 0.0,
    soundfont: Soundfont = None,
) -> None:
    """Score a film: .mid, .wav, .mp4 and .json in the folder --out."""
    from score_bridge.cli.score import Making, score_command

    score_command(settings, film, out, limit, Making(keep_audio, soundfont))


@app.command()
@settings_options("device", "encoder", "frame_model", "melody_model", "bind", "controls")
def calibrate(
    settings: Settings,
    films: Annotated[list[Path], typer.Argument(help="any videos that PyAV or OpenCV reads")],
    out: Annotated[Path, typer.Option(help="the show file; what one that is there was taught stays")] = Path(
        "show.safetensors"
    ),
    limit: Annotated[float | None, typer.Option(help="only so many seconds of each film", min=0.5)] = None,
) -> None:
    """Learn films into a show file, for serve and score --show: the same picture then always gives the same music."""
    from score_bridge.cli.shows import calibrate_command

    calibrate_command(settings, films, out, limit)


@app.command()
def show(file: Annotated[Path, typer.Argument(help="a show file")]) -> None:
    """List what is in a show file: pictures seen, models, bindings, what is taught."""
    from score_bridge.cli.shows import show_words
    from score_bridge.mapping.show_file import load_show

    for line in show_words(load_show(file)):
        print(line)


@app.command()
@settings_options("device", "encoder", "frame_model", "melody_model", "controls")
def teach(
    settings: Settings,
    show_file: Annotated[
        Path, typer.Argument(metavar="SHOW", help="made by `score-bridge calibrate` or /score/save")
    ],
    film: Annotated[Path, typer.Option(help="the film that shows the picture")],
    at: Annotated[float, typer.Option(help="where the picture is, seconds", min=0)],
    name: Annotated[str, typer.Option(help="what to call it; a name that is there is taught anew")],
    midi: Annotated[Path | None, typer.Option(help="play the first two bars of this file's melody")] = None,
    direction: Annotated[str | None, typer.Option(help="play as now, but for one direction: density=2")] = None,
) -> None:
    """Pair a picture of a film with a phrase in a show file."""
    from score_bridge.cli.shows import Lesson, teach_command

    teach_command(settings, show_file, Lesson(film, at, name, midi, direction))


@app.command()
@settings_options("device", "melody_model", "tempo", "seed", "controls")
def sample(
    settings: Settings,
    out: Out = Path("out/sample"),
    phrases: Annotated[int, typer.Option(help="two-bar phrases, each from a new random place", min=1, max=999)] = 8,
    soundfont: Soundfont = None,
) -> None:
    """Make music without a film, from random places in melody space."""
    from score_bridge.cli.score import Making, free_command

    free_command(settings, out, phrases, False, Making(soundfont=soundfont))


@app.command()
@settings_options("device", "melody_model", "tempo", "seed", "controls")
def interpolate(
    settings: Settings,
    out: Out = Path("out/interpolate"),
    phrases: Annotated[int, typer.Option(help="two-bar phrases on the way", min=2, max=999)] = 8,
    soundfont: Soundfont = None,
) -> None:
    """Make music that walks from one random melody to another, a step a phrase."""
    from score_bridge.cli.score import Making, free_command

    free_command(settings, out, phrases, True, Making(soundfont=soundfont))


@app.command()
@settings_options("device", "encoder", "frame_model", "melody_model", "tempo", "seed", "bind", "show", "controls")
def demo(
    settings: Settings,
    clip: Annotated[Path | None, typer.Option(help="a film of yours; default: the shipped clip")] = None,
    out: Out = Path("out/demo"),
    soundfont: Soundfont = None,
) -> None:
    """Play a clip into the real server in real time, as a host would, and keep what comes back."""
    from score_bridge.cli.demo import run_demo

    run_demo(settings, clip, out, soundfont)


@app.command()
@settings_options("device", "melody_model")
def bench(
    settings: Settings,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON only")] = False,
    quick: Annotated[bool, typer.Option(help="shorter runs, rougher figures")] = False,
) -> None:
    """Measure this machine: overhead, cut to note, lateness of notes, scoring speed, memory."""
    from score_bridge.cli.bench import bench_command

    bench_command(settings, as_json, quick)


@app.command()
def ports() -> None:
    """List the MIDI output ports that --midi-port can name."""
    from score_bridge.live.player.midi_out import list_ports

    for name in list_ports():
        print(name)


@app.command()
def corpus(
    paths: Annotated[list[Path] | None, typer.Argument(help="folders or files: MusicXML, MIDI, ABC, kern")] = None,
    out: Annotated[Path, typer.Option(help="the corpus file to write")] = Path("corpus.npz"),
    builtin: Annotated[bool, typer.Option(help="add the fiddle tunes that music21 carries")] = False,
    parts: Annotated[str, typer.Option(help="melody (sung or top parts) or all")] = "melody",
) -> None:
    """Gather melodies to train on from scores."""
    from score_bridge.cli.score import corpus_command

    corpus_command(list(paths or []), out, builtin, parts)


@app.command("import-musicvae")
def import_musicvae(
    path: Annotated[Path, typer.Argument(help="the checkpoint's folder: manifest.json or weights_manifest.json")],
    out: Annotated[Path | None, typer.Option(help="weights to write; default: NAME.safetensors here")] = None,
) -> None:
    """Make a published MusicVAE melody checkpoint (deeplearn.js or tfjs) usable as --melody-model."""
    from score_bridge.cli.score import import_command

    import_command(path, out)


@evaluate_app.command("melody")
def evaluate_melody(
    model: Annotated[Path | None, typer.Argument(help="weights to evaluate; default: the shipped ones")] = None,
    corpus: Annotated[
        Path | None, typer.Option(help="made by `score-bridge corpus`; default: the tunes that music21 carries")
    ] = None,
    against: Annotated[Path | None, typer.Option(help="a published MusicVAE checkpoint or weights, beside")] = None,
    frontier: Annotated[list[Path] | None, typer.Option(help="more weights, for accuracy against validity")] = None,
    phrases: Annotated[int, typer.Option(help="held-out phrases, at most", min=16)] = 256,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="one line of JSON on stdout")] = False,
) -> None:
    """Measure a melody model on pieces it never saw: accuracy, response, directions, places, seams, speed."""
    from score_bridge.cli.evaluate_melody import evaluate_melody_command, say

    figures = evaluate_melody_command(model, corpus, against, frontier or [], (phrases, seed))
    print(json.dumps(figures)) if as_json else say(figures)


@evaluate_app.command("picture")
@settings_options("device", "melody_model", "tempo", "seed", "bind", "controls")
def evaluate_picture(
    settings: Settings,
    films: Annotated[list[Path], typer.Argument(help="any videos that PyAV or OpenCV reads")],
    corpus: Annotated[
        Path | None, typer.Option(help="made by `score-bridge corpus`; default: the tunes that music21 carries")
    ] = None,
    phrases: Annotated[int, typer.Option(help="held-out phrases to compare with, at most", min=16)] = 256,
    limit: Annotated[float | None, typer.Option(help="only so many seconds of each film", min=0.5)] = None,
    html: Annotated[Path | None, typer.Option(help="write a page with plots")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one line of JSON on stdout")] = False,
) -> None:
    """Measure how the music follows films, beside the original's map, random places and the film out of order."""
    from score_bridge.cli.evaluate_picture import Measuring, evaluate_picture_command, say

    figures = evaluate_picture_command(settings, films, Measuring(corpus, phrases, limit, html))
    print(json.dumps(figures)) if as_json else say(figures)


@evaluate_app.command("frames")
def evaluate_frames(
    films: Annotated[list[Path], typer.Argument(help="videos that PyAV or OpenCV reads, or folders of them")],
    weights: Annotated[Path | None, typer.Option(help="frame weights; default: the shipped ones")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one line of JSON on stdout")] = False,
) -> None:
    """Measure a frame model on films: content and colour against raw pixels, reconstruction, speed on one core."""
    from score_bridge.cli.evaluate_frames import evaluate_frames_command, say

    figures = evaluate_frames_command(films, weights)
    print(json.dumps(figures)) if as_json else say(figures)


@train_app.command("frames")
def train_frames(
    films: Annotated[list[Path], typer.Argument(help="your footage: videos, or folders of them")],
    run: Annotated[Path, typer.Option(help="folder of the run; a run found there is resumed")] = Path("runs/frames"),
    start: Annotated[str, typer.Option("--from", help='a file, shipped, or "" for a new model')] = "shipped",
    minutes: Annotated[float | None, typer.Option(help="of all sessions; 5, a new model 20", min=0.01)] = None,
    steps: Annotated[int | None, typer.Option(help="so many steps, instead of minutes", min=1)] = None,
    visuals: Annotated[int | None, typer.Option(help="generated pictures beside; 1000, new: 6000", min=0)] = None,
    hold_out: Annotated[list[Path] | None, typer.Option(help="a film only to measure on")] = None,
    content: Annotated[
        float | None, typer.Option(help="weight of content and colours; 1, 0 = pixels only", min=0)
    ] = None,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    device: Annotated[Device, typer.Option(help="where to train")] = "auto",
    threads: Annotated[int, typer.Option(help="CPU threads; 0 = as PyTorch likes", min=0)] = 0,
) -> None:
    """Teach the frame model your own footage, in minutes; it can be stopped with Ctrl-C and started again."""
    from score_bridge.cli.train_frames import Films, train_frames_command
    from score_bridge.training.frames.read_footage import read_footage
    from score_bridge.training.frames.recipe import frame_recipe

    chosen = {
        "minutes": minutes, "steps": steps, "visuals": visuals, "content": content, "seed": seed, "device": device,
    }  # fmt: skip
    read = partial(read_footage, crops=True)
    train_frames_command(read, Films(films, hold_out or []), run, frame_recipe(start, chosen), threads)


@train_app.command("melody")
def train_melody(
    corpus: Annotated[Path, typer.Option(help="a file made by `score-bridge corpus`")],
    run: Annotated[Path, typer.Option(help="folder of the run; a run found there is resumed")] = Path("runs/melody"),
    start: Annotated[str, typer.Option("--from", help="weights that take on a style: a file, or shipped")] = "",
    minutes: Annotated[float | None, typer.Option(help="of all sessions; 90, with --from 5", min=0.01)] = None,
    steps: Annotated[int | None, typer.Option(help="so many steps, instead of minutes", min=1)] = None,
    batch: Annotated[int | None, typer.Option(help="8-bar sequences a step; 32, with --from 16", min=1)] = None,
    learning_rate: Annotated[float | None, typer.Option(help="0.0015; --from: 0.001", min=1e-7, max=1)] = None,
    pull: Annotated[
        float | None, typer.Option(help="share of the way back to --from at a step; 0 = a new model", min=0, max=1)
    ] = None,
    beta: Annotated[float, typer.Option(help="weight of the divergence", min=0)] = 0.2,
    leave_out: Annotated[list[str] | None, typer.Option(help="a source of the corpus not to learn from")] = None,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    device: Annotated[Device, typer.Option(help="where to train")] = "auto",
    threads: Annotated[int, typer.Option(help="CPU threads; 0 = as PyTorch likes", min=0)] = 0,
) -> None:
    """Train the melody model; it can be stopped with Ctrl-C and goes on when started again.

    --from shipped teaches the model that is there your own corpus, in minutes. Several GPUs or processes:
    torchrun --nproc-per-node 2 -m -- score_bridge.cli train melody ...
    """
    from score_bridge.cli.train_melody import train_command
    from score_bridge.training.melody.losses import Weights
    from score_bridge.training.melody.recipe import recipe_from

    chosen = {
        "minutes": minutes, "steps": steps, "batch": batch, "learning_rate": learning_rate, "pull": pull,
        "weights": Weights(beta=beta), "leave_out": tuple(leave_out or ()), "seed": seed, "device": device,
    }  # fmt: skip
    train_command(corpus, run, recipe_from(start, chosen), threads)


def main() -> None:
    """Run the command line: errors of ours and missing extras are one line and exit code 2, Ctrl-C is 130."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # its matrices are small; its threads would be in a step's way
    try:
        app(standalone_mode=True)
    except ScoreBridgeError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    except ModuleNotFoundError as error:
        if not (hint := install_hint(error)):
            raise
        print(f"error: {hint}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        sys.exit(130)


__all__: list[Any] = ["app", "main"]
