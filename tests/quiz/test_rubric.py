"""Rubrics: phrases are found where they stand, and nowhere else; a negation turns them round."""

import pytest

from service.quiz.deck_file import seed_deck
from service.quiz.rubric import Expectation, Rubric, phrase_problem


def met(phrase: str, text: str) -> str:
    report = Rubric((Expectation("c", (phrase,)),)).look(text)
    assert bool(report.found) != bool(report.missing)
    return report.found[0].words if report.found else ""


@pytest.mark.parametrize(
    ("phrase", "text", "words"),
    [
        ("share weights", "They SHARE  weights, always.", "share weights"),
        ("share weights", "They share the weights.", ""),
        ("share ... weights", "They share all of the weights.", "share all of the weights"),
        ("share ... weights", "share 1 2 3 4 5 weights", "share 1 2 3 4 5 weights"),
        ("share ... weights", "share 1 2 3 4 5 6 weights", ""),
        ("share ... weights", "share weights", "share weights"),
        ("shar*", "Weight sharing", "sharing"),
        ("*shar*", "Unshared", "unshared"),
        ("shar", "sharing", ""),
        ("doubl*", "It does not double anything", ""),
        ("doubl*", "It doesn't double", ""),
        ("doubl*", "It is not so: the stride does in fact double it", "double"),
        ("doubl*", "never doubles, but then it doubles, yes it doubles", "doubles"),
        ("no padding", "There is no padding.", "no padding"),
        ("w f", "(W − F)/S + 1", "w f"),
        ("ﬁlter", "A filter", "filter"),
        ("a", "", ""),
    ],
)
def test_phrases(phrase: str, text: str, words: str) -> None:
    assert phrase_problem(phrase) == ""
    assert met(phrase, text) == words


@pytest.mark.parametrize(
    "phrase", ["", "... a", "a ...", "a b!", "*", "(a+)+$", "a**", "a . b", "a " * 13]
)
def test_what_is_no_phrase(phrase: str) -> None:
    assert phrase_problem(phrase)


def test_the_seed_decks_own_backs_meet_their_rubrics() -> None:
    with_rubric = [card for card in seed_deck().cards if card.rubric]
    assert len(with_rubric) >= 8
    for card in with_rubric:
        assert card.rubric is not None
        report = card.rubric.look(card.back)
        assert (report.missing, report.forbidden) == ((), ()), card.key
        assert not card.rubric.look("I have forgotten all of it").found, card.key
