"""What is known of the terms of the corpora that people train on, by the names their folders and archives have."""

from collections.abc import Iterable

UNKNOWN = "as the files you gave"
_MUSIC21 = "encoding from music21's corpus, by permission of the encoders"
_KNOWN = {
    "openscore_lieder": "CC0-1.0, OpenScore Lieder Corpus",
    "openscore_quartets": "CC0-1.0, OpenScore String Quartets",
    "openewld_pre1931": "public domain, OpenEWLD: songs before 1931",
    "airdsairs": f"public-domain tunes, James Aird's Selection of Airs (from 1782); {_MUSIC21}",
    "oneills1850": f"public-domain tunes, O'Neill's Music of Ireland (1903); {_MUSIC21}",
    "ryansmammoth": f"public-domain tunes, Ryan's Mammoth Collection (1883); {_MUSIC21}",
}


def licences(sources: Iterable[str]) -> dict[str, str]:
    """Licence and credit of each source, in order; a source that is not known has its owner's terms."""
    return {source: _KNOWN.get(source.replace("-", "_").lower(), UNKNOWN) for source in sorted(sources)}


_INTEL = "CC-BY-4.0, Intel Corporation, sample-videos"
_FILMS = {
    "d31e0ebf194cc16e": f"car-detection.mp4: {_INTEL}",
    "d52ba94aedf8a923": f"bottle-detection.mp4: {_INTEL}",
    "91d703354b3bb77b": "bee.mp4: CC0-1.0, Pixabay",
    "c78f3f9d3e4834a9": "butterfly.mp4: CC0-1.0, Pixabay",
    "339504acdef44f4e": "friday.mp4: CC0-1.0, MDN cc0-videos",
    "f25b31f155970c46": "Big Buck Bunny: CC-BY-3.0, (c) 2008 Blender Foundation, www.bigbuckbunny.org",
}


def film_licence(sha256: str) -> str:
    """Licence and credit of a film by its file's sha256, as names are not unique; of others, their owner's terms."""
    return _FILMS.get(sha256[:16], UNKNOWN)
