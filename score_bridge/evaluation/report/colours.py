"""The colour of each way of playing a film."""

from score_bridge.media.svg import NOTES

COLOURS = {
    "film": NOTES,
    "original": "#d1495b",
    "original_unnamed": "#e9a3ab",
    "random": "#8a8a8a",
    "shuffled": "#e0982f",
}
