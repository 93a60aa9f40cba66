from graphmem.retrieval.names import LONGEST, MOST_WORDS, phrases


def test_every_run_of_words_is_looked_up_as_names_are_stored() -> None:
    found = phrases("Where does Ana Silva's boss live?")
    assert {"ana", "ana silva", "boss", "where does ana silva boss live"} <= set(found)


def test_a_pasted_document_is_not_a_list_of_names() -> None:
    found = phrases("word " * 100_000)
    assert len(found) <= MOST_WORDS * LONGEST


def test_nothing_said_is_nothing_found() -> None:
    assert phrases("?!") == []
