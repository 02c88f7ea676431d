"""Words for what a peer got wrong: what was expected, and what came. Shared by both codecs."""

import re
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from score_bridge.errors import PeerError
from score_bridge.wire.messages import Message

LONGEST = 60
_PLACE = re.compile(r"(.*) - at `\$\.?(\w*)(.*)`", re.DOTALL)


def short(value: object) -> str:
    """Return `value` as a person may read it in one line, cut to 60 characters."""
    try:
        text = repr(value)
    except (RecursionError, ValueError):
        return f"a {type(value).__name__}"
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def field_fault(
    where: str, message: type[Message], error: msgspec.ValidationError, came: dict[str, Any]
) -> PeerError:
    """Word a failed check of one field of `message`; `came` holds the fields as far as they can be shown."""
    match = _PLACE.fullmatch(str(error))
    if match is None:
        return PeerError("field", f"{where}: {_plain(str(error))}")
    expected, name, rest = match.groups()
    choices = _choices(message, name)
    words = f"expected one of {', '.join(choices)}" if choices else _plain(expected)
    got = "" if name not in came or ", got " in words else f", got {short(came[name])}"
    return PeerError("field", f"{where} {name}{rest}: {words}{got}")


def _plain(text: str) -> str:
    if "matching regex" in text:
        return "expected text without control characters"
    return (text[:1].lower() + text[1:]).replace("`", "")


def _choices(message: type[Message], name: str) -> tuple[str, ...]:
    hint = get_type_hints(message).get(name)
    return get_args(hint) if get_origin(hint) is Literal else ()
