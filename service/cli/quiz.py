"""`convcards quiz`: questions in a terminal, with answers that teach; no server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING, Final

from service.cli import sketch
from service.cli.options import Options, guess
from service.cli.terminal import STOPS, ask, marks, say, wrapped
from service.failure import BAD_USAGE, Failure
from service.quiz.deck_file import load_deck, seed_deck
from service.quiz.draw import MAX_SEED, Draw
from service.quiz.errors import DeckError, UnreadableResponseError
from service.quiz.grading import derivation, grade, in_words
from service.quiz.kinds import DIFFICULTIES
from service.quiz.selection import fresh_seed, practising, take_turns
from service.quiz.templates import TEMPLATES, make

if TYPE_CHECKING:
    import argparse

    from service.quiz.cards import Card, Deck
    from service.quiz.templates import Problem, Template

__all__ = ["run"]

DESCRIPTION: Final = (
    "Questions in the terminal, offline. Each answer is judged, with the steps that lead to it,\n"
    "the mistake that was probably made and the card to read; what can't be read costs nothing.\n"
    "With --cards the cards themselves, which you rate: the ratings are kept in the database of\n"
    "CONVCARDS_DATABASE_URL, so that each card comes back when it is due."
)
EXAMPLES: Final = (
    "quiz",
    "quiz --template conv-output-size --length 5 --level hard",
    "quiz --seed 7 < answers.txt",
    "quiz --cards",
    "quiz --cards --no-save --deck mine.toml",
)
LONGEST: Final = 200
SEED_BITS: Final = 32
SKIP: Final = ("skip", "s")
HELP: Final = "Type ? for how to answer, skip to see the answer, quit or Ctrl-D to stop."


def run(arguments: Sequence[str]) -> int:
    """Ask until all is asked, or until the learner stops; then say how it went."""
    given = _read(arguments)
    if given.list:
        listed = [*TEMPLATES.values(), *_deck(given.deck).templates()]
        say(*(f"{one.id:24} {one.title}" for one in listed))
        return 0
    deck = _deck(given.deck)
    if given.cards:
        from service.cli import flashcards  # brings the database along

        return flashcards.review(deck, given.length, save=not given.no_save)
    return _session(deck, _templates(given, deck), given)


def _read(arguments: Sequence[str]) -> argparse.Namespace:
    options = Options("quiz", DESCRIPTION, EXAMPLES)
    options.add_argument(
        "--template",
        action="append",
        metavar="NAME",
        help="ask only questions of this template; may be given again",
    )
    options.add_argument("--list", action="store_true", help="list the templates, and end")
    options.add_argument(
        "--deck", metavar="FILE", help="a deck as TOML (default: the one that comes along)"
    )
    options.add_argument("--length", type=int, default=10, metavar="N", help="how many (10)")
    options.add_argument("--level", choices=DIFFICULTIES, default="medium", help="how hard")
    options.add_argument("--seed", type=int, metavar="N", help="the same seed asks the same again")
    options.add_argument("--cards", action="store_true", help="review cards, rated by yourself")
    options.add_argument("--no-save", action="store_true", help="with --cards: keep no ratings")
    given = options.read(arguments)
    if not 1 <= given.length <= LONGEST:
        options.error(f"--length takes 1 to {LONGEST}")
    if given.seed is not None and not 0 <= given.seed <= MAX_SEED:
        options.error(f"--seed takes 0 to {MAX_SEED}")
    if given.no_save and not given.cards:
        options.error("--no-save goes with --cards; answers to questions are never kept")
    if given.cards and given.template:
        options.error("--template and --cards don't go together")
    return given


def _deck(path: str | None) -> Deck:
    if path is None:
        return seed_deck()
    try:
        return load_deck(Path(path))
    except OSError as error:
        raise Failure(f"quiz: {path} can't be read: {error.strerror}", BAD_USAGE) from None
    except DeckError as error:
        raise Failure(f"quiz: {path}: {error}", BAD_USAGE) from None


def _templates(given: argparse.Namespace, deck: Deck) -> list[Template]:
    own = deck.templates()
    known = [*TEMPLATES, *(one.id for one in own)]
    wanted = given.template or known
    for name in wanted:
        if name not in known:
            hint = guess(name, known) or "; see: convcards quiz --list"
            raise Failure(f"quiz: there is no template {name}{hint}", BAD_USAGE)
    cards = None if given.deck is None else [deck.card_id(card) for card in deck.cards]
    fitting = [one for one in (*practising(cards), *own) if one.id in wanted]
    if not fitting:
        detail = f"no question practises the deck {deck.slug}; review its cards with --cards"
        raise Failure(f"quiz: {detail}", BAD_USAGE)
    return fitting


@dataclass
class _Score:
    """How it goes; ``review`` has what to look at again, and how."""

    length: int
    right: int = 0
    wrong: int = 0
    review: dict[str, str] = field(default_factory=dict)


def _session(deck: Deck, templates: Sequence[Template], given: argparse.Namespace) -> int:
    seed = SystemRandom().getrandbits(SEED_BITS) if given.seed is None else given.seed
    draw, prompts, score = Draw(f"quiz/{seed}"), set[str](), _Score(given.length)
    say(f"Questions: {given.length}, {given.level}, seed {seed}.", HELP)
    try:
        for place, template in enumerate(take_turns(draw, templates, given.length), 1):
            problem = make(template, fresh_seed(draw, template, given.level, prompts), given.level)
            say("", f"{place}/{given.length}  {template.title}")
            _put(problem, template, deck, score)
    except STOPS:
        say("")
    say("", *_summary(score))
    return 0


def _put(problem: Problem, template: Template, deck: Deck, score: _Score) -> None:
    """Put one question until it is answered or given up, and say what is right."""
    say(*wrapped(problem.prompt), *sketch.before(problem, marks()))
    for option in problem.options:
        say(f"  {option.id}) {option.text}")
    correct, lines = _answer(problem)
    say(*lines, *_steps(problem), *sketch.after(problem, marks()))
    if correct:
        score.right += 1
        return
    score.wrong += 1
    card = _card(deck, problem.card or template.cards[0])
    score.review[card.front if card else template.title] = template.id
    if card:
        say("", *wrapped(f"To read: {card.front}"), *wrapped(card.back))


def _answer(problem: Problem) -> tuple[bool, list[str]]:
    """Whether the answer is right, and what to say to it."""
    while (typed := ask()).lower() not in SKIP:
        if typed == "?":
            say(*wrapped(problem.response_hint))
            continue
        try:
            graded = grade(problem, typed)
        except UnreadableResponseError as error:
            say(*wrapped(f"{error.detail} That cost nothing. {error.hint}"))
            continue
        lines = wrapped(graded.explanation)
        if len(graded.mistakes) > 1:
            lines.append("What may have happened:")
            lines += [f"- {mistake.explanation}" for mistake in graded.mistakes]
        return bool(graded.correct), lines
    said = [f"It is {in_words(problem, problem.key)}.", problem.reason]
    return False, wrapped(" ".join(filter(None, said)))


def _steps(problem: Problem) -> Iterator[str]:
    for step in derivation(problem):
        terms = dict.fromkeys([step.formula, step.substitution, str(step.value)])
        where = f"{step.axis}: " if step.axis else ""
        yield f"   {where}{' = '.join(terms)}"


def _card(deck: Deck, card_id: str) -> Card | None:
    """The card of this id, in the deck or in the one that comes along."""
    return next(
        (card for one in (deck, seed_deck()) for card in one.cards if one.card_id(card) == card_id),
        None,
    )


def _summary(score: _Score) -> Iterator[str]:
    answered = score.right + score.wrong
    if not answered:
        yield "Nothing was answered."
        return
    left = score.length - answered
    rest = f"; {left} not answered" if left else ""
    yield f"{score.right} of {answered} right ({score.right / answered:.0%}){rest}."
    if score.review:
        yield "To review:"
    for what, template in score.review.items():
        yield from wrapped(f"- {what}")
        yield f"    convcards quiz --template {template}"
