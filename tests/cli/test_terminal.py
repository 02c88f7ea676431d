import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.segment import Segment

from score_bridge.cli.terminal import LiveView, ViewState, pitch_name, render, summary
from score_bridge.music.notes import Note

RED, BLUE = (200, 0, 0), (0, 0, 200)
DESCRIPTORS = {"brightness": 0.5, "motion": 1.0, "edges": 0.0}


def note(onset: float, duration: float = 0.25, pitch: int = 60, velocity: int = 100) -> Note:
    return Note(0, onset, duration, pitch, velocity)


def picture() -> np.ndarray[Any, np.dtype[np.uint8]]:
    """The upper half red, the lower blue."""
    pixels = np.zeros((16, 32, 3), np.uint8)
    pixels[:8], pixels[8:] = RED, BLUE
    return pixels


def console(width: int = 80, height: int = 24, **more: Any) -> Console:
    plain: dict[str, Any] = {
        "file": io.StringIO(),
        "force_terminal": True,
        "color_system": "truecolor",
        "_environ": {},
    }
    return Console(width=width, height=height, **plain | more)


def rows(state: ViewState, width: int = 80, height: int = 24) -> list[list[Segment]]:
    screen = console(width, height)
    return screen.render_lines(render(state, width, height), screen.options, pad=False)


def text(state: ViewState, width: int = 80, height: int = 24) -> list[str]:
    return ["".join(segment.text for segment in row) for row in rows(state, width, height)]


def cells(row: list[Segment]) -> list[tuple[str, str, str]]:
    """A line's characters with the names of their two colours."""
    return [
        (
            character,
            segment.style.color.name if segment.style and segment.style.color else "",
            segment.style.bgcolor.name if segment.style and segment.style.bgcolor else "",
        )
        for segment in row
        for character in segment.text
    ]


def roll(state: ViewState, width: int = 69, height: int = 24) -> dict[str, str]:
    """The piano roll's lines by label, without their gutter; 64 columns of one sixteenth."""
    lines = [line for line in text(state, width, height) if line[5:]]
    return {line[:4].strip(): line[5:].ljust(64) for line in lines if line[:4].strip()}


# --- what is shown -------------------------------------------------------------------------------------------


def test_the_header_says_what_is_going_on() -> None:
    first = text(ViewState(now=12.34, title="score-bridge demo", message="playing film.mp4"))[0]
    assert first.split("  ") == ["score-bridge demo", "12.3 s", "playing film.mp4"]


def test_a_picture_is_drawn_in_half_blocks() -> None:
    red, blue = "rgb(200,0,0)", "rgb(0,0,200)"
    drawn = [cells(row) for row in rows(ViewState(picture=picture()), 80, 24)[1:9]]
    assert [len(row) for row in drawn] == [32] * 8
    assert all(set(row) == {("█", red, "")} for row in drawn[:4])
    assert all(set(row) == {("█", blue, "")} for row in drawn[4:])
    middle = [cells(row) for row in rows(ViewState(picture=picture()), 80, 15)[1:6]][2]
    assert set(middle) == {("▀", red, blue)}


def test_a_small_picture_is_the_mean_of_its_parts() -> None:
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[::2] = 200
    (first, *_) = rows(ViewState(picture=stripes), 80, 24)[1:]
    assert {colour for _, colour, _ in cells(first)} == {"rgb(100,100,100)"}


def test_descriptors_are_bars_of_their_length() -> None:
    lines = text(ViewState(descriptors=DESCRIPTORS), 80, 24)
    shown = {line.split()[0]: line for line in lines[1:4]}
    assert {name: line.count("█") for name, line in shown.items()} == {"brightness": 20, "motion": 40, "edges": 0}
    assert [line.split()[-1] for line in shown.values()] == ["0.50", "1.00", "0.00"]


@pytest.mark.parametrize(("value", "said"), [(float("nan"), "0.00"), (7.0, "1.00"), (-1.0, "0.00")])
def test_values_out_of_range_do_not_break_the_bars(value: float, said: str) -> None:
    assert text(ViewState(descriptors={"x": value}))[1].endswith(said)


def test_descriptors_stand_beside_the_picture() -> None:
    line = text(ViewState(picture=picture(), descriptors=DESCRIPTORS))[1]
    assert line.startswith("█" * 32 + "  brightness ██")


def test_figures_are_shown_by_name() -> None:
    lines = text(ViewState(figures={"latency": "11.4 ms", "dropped": "0"}))
    assert lines[1].split() == ["latency", "11.4", "ms", "dropped", "0"]


def test_notes_scroll_through_a_roll() -> None:
    """At 10 s the last column is sixteenth 80, so sixteenth 72 (second 9) is the ninth column from the right."""
    state = ViewState(now=10.0, notes=[note(9.0, 0.5)])
    line = roll(state)["C4"]
    marks = {index - 64: character for index, character in enumerate(line) if character in "▀▄█"}
    assert sorted(marks) == [-9, -8, -7, -6]
    later = roll(ViewState(now=10.25, notes=[note(9.0, 0.5)]))["C4"]
    assert [index - 64 for index, character in enumerate(later) if character in "▀▄█"] == [-11, -10, -9, -8]


def test_beats_and_bars_are_marked() -> None:
    line = next(line[5:] for line in text(ViewState(now=7.875), 69, 24)[3:] if line[5:].strip())
    assert line == "│   ┊   ┊   ┊   " * 4


def test_higher_is_further_up_two_semitones_a_line() -> None:
    state = ViewState(now=8.0, notes=[note(1.0, pitch=60), note(2.0, pitch=61), note(3.0, pitch=72)])
    lines = text(state, 69, 24)
    where = {index for index, line in enumerate(lines) if set(line) & set("▀▄█")}
    labels = {line[:4].strip(): index for index, line in enumerate(lines) if line[:4].strip() and line[4:5] == " "}
    assert labels["C5"] in where
    assert labels["C4"] in where
    assert 6 <= labels["C4"] - labels["C5"] <= 7
    assert min(where) == labels["C5"]


def test_a_wide_range_still_fits() -> None:
    state = ViewState(now=8.0, notes=[note(1.0, pitch=21), note(2.0, pitch=108)])
    lines = text(state, 69, 12)
    where = [index for index, line in enumerate(lines) if set(line) & set("▀▄█")]
    assert (where[0], where[-1]) == (2, 10)


def test_louder_is_another_colour_and_the_onset_is_brighter() -> None:
    def colours(velocity: int) -> list[str]:
        state = ViewState(now=8.0, notes=[note(4.0, 0.25, 60, velocity)])
        drawn = [cell for row in rows(state, 69, 24) for cell in cells(row) if cell[0] in "▀▄█"]
        return [colour for _, colour, _ in drawn]

    soft, loud = colours(20), colours(120)
    assert len(soft) == len(loud) == 2
    assert len({*soft, *loud}) == 4
    onset, held = ([int(part) for part in colour[4:-1].split(",")] for colour in loud)
    assert all(a > b for a, b in zip(onset, held, strict=True))


def test_of_notes_on_one_place_the_louder_is_seen() -> None:
    def drawn(*notes: Note) -> list[tuple[str, str, str]]:
        return [
            cell for row in rows(ViewState(now=8.0, notes=notes), 69, 24) for cell in cells(row) if cell[0] in "▀▄█"
        ]

    soft, loud = note(4.0, velocity=20), note(4.0, velocity=120)
    assert drawn(soft, loud) == drawn(loud, soft) == drawn(loud)


def test_a_note_that_sounds_reaches_the_present_but_not_beyond() -> None:
    line = roll(ViewState(now=10.0, notes=[note(9.5, 60.0)]))["C4"]
    assert [index for index, character in enumerate(line) if character in "▀▄█"] == [59, 60, 61, 62, 63]


def test_past_and_future_notes_are_not_shown() -> None:
    lines = text(ViewState(now=100.0, notes=[note(1.0), note(200.0)]), 69, 24)
    assert not any(set(line) & set("▀▄█") for line in lines)


def test_a_wide_terminal_has_wider_columns() -> None:
    lines = text(ViewState(now=7.875, notes=[note(7.875, 0.125)]), 5 + 128, 24)
    assert max(sum(character in "▀▄█" for character in line) for line in lines) == 2


states = st.builds(
    ViewState,
    now=st.floats(0, 1e5),
    step_seconds=st.floats(0.05, 0.75),
    message=st.text(max_size=30),
    picture=st.sampled_from([None, picture(), np.zeros((1, 1, 3), np.uint8), np.zeros((0, 0, 3), np.uint8)]),
    descriptors=st.dictionaries(st.text(max_size=12), st.floats(), max_size=20),
    notes=st.lists(st.builds(note, st.floats(0, 1e5), st.floats(0.01, 9), st.integers(0, 127)), max_size=5),
    figures=st.dictionaries(st.text(max_size=9), st.text(max_size=9), max_size=9),
)


@given(states, st.integers(0, 120), st.integers(0, 40))
def test_it_always_fits(state: ViewState, width: int, height: int) -> None:
    screen = console(max(1, width), max(1, height))
    lines = screen.render_lines(render(state, width, height), screen.options, pad=False)
    assert len(lines) <= max(1, height)
    assert all(Segment.get_line_length(line) <= max(1, width) for line in lines)
    assert "\n" not in summary(state)


def test_a_peers_words_cannot_steer_the_terminal() -> None:
    evil = "\x1b]0;owned\x07\x1b[2J\nnew line"
    state = ViewState(title=evil, message=evil, figures={evil: evil}, descriptors={evil: 0.5})
    assert not any(set("\x1b\x07\n") & set(line) for line in text(state))
    assert not set("\x1b\x07\n") & set(summary(state))


# --- where it is shown ---------------------------------------------------------------------------------------


def test_the_summary_is_one_line_of_ascii() -> None:
    state = ViewState(
        now=12.0,
        message="film é",
        descriptors={"motion": 0.5},
        notes=[note(11.9), note(3.0)],
        figures={"frames": "9"},
    )
    assert summary(state) == "12 s | film ? | C4 | motion 0.50 | frames 9"
    assert summary(ViewState()) == "0 s | -"


def test_without_a_terminal_there_is_a_line_a_second() -> None:
    out = io.StringIO()
    with LiveView(Console(file=out, width=40, _environ={})) as view:
        assert view.plain
        for step in range(25):
            view.update(ViewState(now=step / 10, message="a message longer than the console is wide, on one line"))
    lines = out.getvalue().splitlines()
    assert [line.split(" | ")[0] for line in lines] == ["0 s", "1 s", "2 s"]
    assert "\x1b" not in out.getvalue()


@pytest.mark.parametrize(
    "blind",
    [
        {"force_terminal": False},
        {"_environ": {"TERM": "dumb"}},
        {"file": io.TextIOWrapper(io.BytesIO(), "ascii")},
    ],
)
def test_what_cannot_be_drawn_on_is_written_to(blind: dict[str, Any]) -> None:
    screen = console(**blind)
    with LiveView(screen) as view:
        assert view.plain
        view.update(ViewState(message="é"))
    screen.file.flush()


def test_on_a_terminal_it_draws_and_leaves_it_as_it_was() -> None:
    screen = console()
    with LiveView(screen) as view:
        assert not view.plain
        view.update(ViewState(now=1.0, message="first", notes=[note(0.5)]))
        view.update(ViewState(now=1.05, message="too soon"))
        view.update(ViewState(now=1.2, message="second"))
        view.update(ViewState(now=0.0, message="started again"))
    out = screen.file.getvalue()  # type: ignore[attr-defined]
    assert [word in out for word in ("first", "too soon", "second", "started again")] == [True, False, True, True]
    assert out.count("\x1b[?1049h") == out.count("\x1b[?1049l") == 1
    assert out.rindex("\x1b[?25h") > out.rindex("\x1b[?25l")


def test_after_an_error_the_terminal_is_given_back() -> None:
    screen = console()
    view = LiveView(screen)

    def stopped() -> None:
        with view:
            view.update(ViewState())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert "\x1b[?1049l" in screen.file.getvalue()  # type: ignore[attr-defined]


@pytest.mark.parametrize(("pitch", "name"), [(60, "C4"), (61, "C#4"), (21, "A0"), (108, "C8"), (0, "C-1")])
def test_pitch_names(pitch: int, name: str) -> None:
    assert pitch_name(pitch) == name
