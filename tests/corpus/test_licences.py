from score_bridge.corpus.licences import UNKNOWN, licences


def test_known_sources_have_their_terms_and_yours_are_yours() -> None:
    told = licences(["my tunes", "airdsAirs", "openscore-lieder", "openscore_lieder"])
    assert list(told) == ["airdsAirs", "my tunes", "openscore-lieder", "openscore_lieder"]
    assert told["openscore-lieder"] == told["openscore_lieder"] == "CC0-1.0, OpenScore Lieder Corpus"
    assert told["airdsAirs"].startswith("public-domain tunes")
    assert told["my tunes"] == UNKNOWN
