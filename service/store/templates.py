"""Questions that the authors of decks wrote, as the templates that they are.

A template of the service's own is code and in no table; one of these has a dot in its id.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Select, tuple_

from service.quiz.own.making import OwnTemplate, own_template
from service.quiz.templates import find_template
from service.store.decks import TEMPLATES, between, visible
from service.store.errors import Gone, NotFound
from service.store.tables import Deck, Template, TemplateVersion

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from service.quiz.templates import Template as AnyTemplate


class TemplateText(NamedTuple):
    """A question and what it was at one version, with the tenant whose it is."""

    row: Template
    text: TemplateVersion
    tenant_id: str | None

    def made(self) -> OwnTemplate:
        """The template."""
        deck_id, key, text = self.row.deck_id, self.row.key, self.text
        joined = between(self.tenant_id)
        return own_template(deck_id, key, text.content, text.version, between=joined)


def is_own(template_id: str) -> bool:
    """Whether an id is that of a question which somebody wrote."""
    return "." in template_id


def deck_of(template_id: str) -> str:
    """The deck of such a question."""
    return template_id.partition(".")[0]


def _visible_texts(tenant_id: str) -> Select[Template, TemplateVersion, str | None]:
    statement = TEMPLATES.texts().add_columns(Deck.tenant_id)
    return statement.join(Deck, Deck.id == Template.deck_id).where(visible(tenant_id))


def get(
    session: Session, template_id: str, *, tenant_id: str, version: int | None = None
) -> TemplateText:
    """A question as it is now, or was at a version; retired ones can still be read.

    Raises `NotFound`, also for those of another tenant's deck.
    """
    wanted = Template.version if version is None else version
    row = session.execute(
        _visible_texts(tenant_id).where(
            Template.id == template_id, TemplateVersion.version == wanted
        )
    ).one_or_none()
    if row is None:
        raise NotFound("template", template_id)
    return TemplateText(*row)


def current(session: Session, template_id: str, *, tenant_id: str) -> TemplateText:
    """A question as it is now; raises `NotFound`, and `Gone` for one that was retired."""
    found = get(session, template_id, tenant_id=tenant_id)
    if found.row.retired_at is not None:
        raise Gone("template", template_id)
    return found


def find(session: Session, template_id: str, *, tenant_id: str) -> AnyTemplate:
    """The template of this id, of the service's own or of a deck, in its newest version.

    Raises `NotFound`, `Gone` and `UnknownTemplateError`.
    """
    if not is_own(template_id):
        return find_template(template_id)
    return current(session, template_id, tenant_id=tenant_id).made()


def of_deck(session: Session, deck_id: str, *, tenant_id: str) -> list[OwnTemplate]:
    """What the author of a deck asks, in the deck's order."""
    statement = _visible_texts(tenant_id).where(
        Template.deck_id == deck_id,
        Template.retired_at.is_(None),
        TemplateVersion.version == Template.version,
    )
    rows = session.execute(statement.order_by(Template.position))
    return [TemplateText(*row).made() for row in rows]


def get_versions(
    session: Session, wanted: Collection[tuple[str, int]], *, tenant_id: str
) -> dict[tuple[str, int], OwnTemplate]:
    """Those of these ids and versions that are questions of decks, with one look."""
    own = [one for one in wanted if is_own(one[0])]
    if not own:
        return {}
    which = tuple_(TemplateVersion.template_id, TemplateVersion.version).in_(own)
    found = (
        TemplateText(*row).made() for row in session.execute(_visible_texts(tenant_id).where(which))
    )
    return {(one.id, one.version): one for one in found}


def topics(session: Session, template_ids: Collection[str]) -> dict[str, tuple[str, ...]]:
    """What questions practise, by their ids, in the words of today."""
    own = [one for one in template_ids if is_own(one)]
    if not own:
        return {}
    statement = TEMPLATES.texts().add_columns(Deck.tenant_id)
    rows = session.execute(
        statement.join(Deck, Deck.id == Template.deck_id).where(
            Template.id.in_(own), TemplateVersion.version == Template.version
        )
    )
    return {one.id: one.topics for one in (TemplateText(*row).made() for row in rows)}
