"""Which phrases a run learns from and which it is measured on, and whether they are enough."""

from dataclasses import dataclass

from score_bridge.corpus.file import Corpus
from score_bridge.corpus.types import Tokens
from score_bridge.errors import SettingsError
from score_bridge.music.tokens import PHRASE_STEPS

FEWEST_PHRASES = 64
FEWEST_OF_AN_OWN_STYLE = 16
FEWEST_TO_MEASURE = 8


@dataclass(frozen=True)
class Parts:
    """Lines to learn from, lines to look at on the way and lines to test with; the last two may be empty."""

    learn: list[Tokens]
    valid: list[Tokens]
    test: list[Tokens]


def parts_of(corpus: Corpus, own_style: bool) -> Parts:
    """Divide a corpus by piece. Raises SettingsError, with the counts, when it is too small.

    A new model needs 64 phrases to learn from, and held-out pieces. An own style needs 16 phrases: where the held-out
    pieces leave fewer, it learns from all there are; and where those hold next to nothing, there are no figures.
    """
    parts = Parts(corpus.lines("train"), corpus.lines("valid"), corpus.lines("test"))
    if own_style and count_phrases(parts.learn) < FEWEST_OF_AN_OWN_STYLE:
        parts = Parts([*parts.learn, *parts.valid, *parts.test], [], [])
    needed = FEWEST_OF_AN_OWN_STYLE if own_style else FEWEST_PHRASES
    if count_phrases(parts.learn) < needed:
        raise SettingsError(f"{_count(corpus, parts)}: it takes {needed}, {needed * 2} bars in 4/4, 2/2 or 2/4")
    if own_style:
        return Parts(parts.learn, _measurable(parts.valid), _measurable(parts.test))
    if not parts.valid or not parts.test:
        raise SettingsError(
            f"{_count(corpus, parts)}, but it holds out no pieces to measure on (one in ten is, by its name); "
            "a style can be learned from few pieces, --from shipped"
        )
    return parts


def count_phrases(lines: list[Tokens]) -> int:
    """How many phrases of two bars follow one another in these lines."""
    return sum(len(line) // PHRASE_STEPS for line in lines)


def _count(corpus: Corpus, parts: Parts) -> str:
    pieces = len(corpus.titles)
    learn, total = count_phrases(parts.learn), sum(map(count_phrases, (parts.learn, parts.valid, parts.test)))
    return (
        f"the corpus is too small: {total} two-bar phrases in {pieces} piece{'s' * (pieces != 1)}, "
        f"{learn} of them to learn from"
    )


def _measurable(lines: list[Tokens]) -> list[Tokens]:
    """The lines, or none when there are too few phrases for figures that mean anything."""
    return lines if count_phrases(lines) >= FEWEST_TO_MEASURE else []
