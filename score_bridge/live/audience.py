"""Who gets readings: hosts on OSC by what they asked for, subscribers by topic. Sans-I/O."""

from collections.abc import Iterable

from score_bridge.wire.internal import Listener
from score_bridge.wire.messages import TOPICS, Reported, Status


class Audience:
    """The hosts on OSC, and the beginnings of topics that anybody subscribes to on ZeroMQ."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self.hosts: tuple[Listener, ...] = ()
        self.topics: tuple[str, ...] = ()

    def hosts_for(self, message: Reported) -> list[Listener]:
        """Return the hosts on OSC that want a reading of this kind and stream; statuses everybody wants."""
        kind = topic_of(message)
        told = isinstance(message, Status)
        return [host for host in self.hosts if host.hears(message.stream) and (told or kind in host.kinds)]

    def subscribed(self, messages: Iterable[Reported]) -> tuple[Reported, ...]:
        """Return those that somebody subscribes to."""
        return tuple(one for one in messages if any(topic_of(one).startswith(topic) for topic in self.topics))


def topic_of(message: Reported) -> str:
    """Return the topic under which a reading is published."""
    return TOPICS[type(message)].decode()
