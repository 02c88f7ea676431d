import numpy as np
import pytest

from score_bridge.engine.annotations.correlations import MEMORY_S, NO_LINKS, Links, add_sample, significant_pairs
from score_bridge.music.attributes import ATTRIBUTES
from score_bridge.wire.bindings import BINDABLE

BAR_S = 2.0
MOTION, DENSITY, REGISTER = BINDABLE.index("motion"), ATTRIBUTES.index("density"), ATTRIBUTES.index("register")


def walk(bars: int, sign: float = 1.0, noise: float = 0.3, seed: int = 0, links: Links = NO_LINKS) -> Links:
    """Motion drives density, everything else is by itself; each bar's sample shares half of the one before."""
    rng = np.random.default_rng(seed)
    before = rng.standard_normal((2, 11))
    for _ in range(bars):
        fresh = rng.standard_normal(11)
        both = (fresh + before[0]) / 2
        before = np.stack([fresh, before[0]])
        readings, attributes = 0.5 + 0.1 * both[:6], 8 + 3 * both[6:]
        attributes[DENSITY] = 8 + sign * 30 * (readings[MOTION] - 0.5) + noise * rng.standard_normal()
        links = add_sample(links, readings, attributes, links.time + BAR_S)
    return links


def test_what_moves_together_is_found_and_nothing_else() -> None:
    [link] = significant_pairs(walk(120))
    assert link[:2] == ("motion", "density")
    assert link.correlation > 0.9
    [opposite] = significant_pairs(walk(120, sign=-1.0))
    assert opposite.correlation < -0.9


def test_few_samples_show_nothing_however_alike() -> None:
    assert all(significant_pairs(walk(bars, noise=0.0)) == () for bars in range(8))
    assert significant_pairs(walk(40, noise=0.0))[0][:2] == ("motion", "density")


def test_chance_shows_hardly_anything() -> None:
    found = [link for seed in range(40) for link in significant_pairs(walk(60, noise=100.0, seed=seed))]
    assert len(found) <= 40 * 30 * 0.01


def test_the_past_is_forgotten() -> None:
    before = walk(120)
    after = walk(int(4 * MEMORY_S / BAR_S), sign=-1.0, links=before)
    [link] = significant_pairs(after)
    assert link.correlation < -0.8


def test_what_does_not_move_has_no_links() -> None:
    links = NO_LINKS
    for n in range(100):
        readings = np.array([0.5, 0.2, 0.5, 0.3, 0.1, n % 7 / 7])
        links = add_sample(links, readings, np.array([n % 7, 60.0, 12.0, 0.1, 2.0]), BAR_S * n)
    assert [link[:2] for link in significant_pairs(links)] == [("motion", "density")]


def test_without_forgetting_it_is_the_correlation_of_the_textbook() -> None:
    rng = np.random.default_rng(5)
    samples = np.matmul(rng.standard_normal((200, 11)), rng.standard_normal((11, 11)))
    links = NO_LINKS
    for sample in samples:
        links = add_sample(links, sample[:6], sample[6:], 0.0)
    expected = np.atleast_2d(np.corrcoef(samples.T))
    for reading, attribute, correlation in significant_pairs(links):
        i, j = BINDABLE.index(reading), 6 + ATTRIBUTES.index(attribute)
        assert correlation == pytest.approx(expected[i, j])
    assert significant_pairs(links) == tuple(
        sorted(significant_pairs(links), key=lambda link: -abs(link.correlation))
    )
    assert len(significant_pairs(links)) > 3
