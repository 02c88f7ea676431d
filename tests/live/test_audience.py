"""Who gets which reading."""

import pytest

from score_bridge.live.audience import Audience
from score_bridge.wire.internal import Listener
from score_bridge.wire.messages import Expression, Label, Latent, Status

HUE, LATENT = Expression(stream="left", name="hue", value=0.5), Latent(stream="left", values=(1.0,))
STATUS = Status(
    stream="left", state="playing", message="", tempo=120.0, frames_per_second=0, latency_ms=0, dropped_frames=0
)
USUAL, LATENTS, NOTHING = Listener("a", 1), Listener("b", 2, kinds=("latent",)), Listener("c", 3, kinds=())
OTHERS, WITHOUT = Listener("d", 4, ("right",)), Listener("e", 5, without=("left",))


def test_hosts_get_the_kinds_they_asked_for_of_streams_they_hear_of_and_statuses_in_any_case() -> None:
    audience = Audience()
    assert audience.hosts_for(HUE) == []
    audience.hosts = (USUAL, LATENTS, NOTHING, OTHERS, WITHOUT)
    assert audience.hosts_for(HUE) == [USUAL]
    assert audience.hosts_for(LATENT) == [LATENTS]
    assert audience.hosts_for(STATUS) == [USUAL, LATENTS, NOTHING]


@pytest.mark.parametrize(
    ("topics", "sent"),
    [
        ((), ()),
        (("",), (HUE, LATENT, STATUS)),
        (("la",), (LATENT,)),
        (("status", "expression"), (HUE, STATUS)),
        (("note",), ()),
    ],
)
def test_subscribers_get_what_begins_with_a_topic_of_theirs(
    topics: tuple[str, ...], sent: tuple[object, ...]
) -> None:
    audience = Audience()
    audience.topics = topics
    assert audience.subscribed((HUE, LATENT, STATUS)) == sent
    assert len(audience.subscribed((Label(stream="left", rank=1, name="sea", probability=0.5),))) == (
        "" in topics or "la" in topics
    )
