"""What the decoder is told at every step beside the tokens before: a detail, how far to believe it, a character.

All of it travels as one vector a step, so that whatever carries a latent (streams, snapshots, batches) carries this.

    detail     the latent of a phrase, turned towards noise by an angle
    level      0: this phrase, note for note; 1: nothing; the angle as a share of a right one
    related    0: the phrase to play; 1: another phrase of the same melody, to be developed
    follow     0: as likely as melodies have it; above: how much more strictly the character is kept to
    character  K standard scores of `music.character`, each with 1 where it is told and 0 where it is left open
    key        which of 24, or none told
    ending     pitch class of the phrase's last note from the tonic, or none told
"""

from score_bridge.music.character import KEYS

DEGREES = 12
WAYS = 3


def condition_size(latent: int, descriptors: int) -> int:
    """C, how many numbers a condition has; the latent's alone in a model that is told no character."""
    return latent + WAYS + 2 * descriptors + KEYS + DEGREES if descriptors else latent


def scores_at(latent: int, descriptors: int) -> slice:
    """Where a packed condition has the scores."""
    return slice(latent + WAYS, latent + WAYS + descriptors)
