"""What pages and API of this room and of those above share: who asks, and the object they may see."""

from __future__ import annotations

from typing import Any, TypeVar

from django import forms
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity
from parvis.portal.kernel.errors import Invalid, NotFound

M = TypeVar("M", bound=Model)


def signed_in(request: HttpRequest) -> User:
    """The user of a page: the login middleware let nobody else in.

    Raises:
        NotFound: nobody is signed in (a page wrongly made public shows nothing).
    """
    if not isinstance(request.user, User):
        raise NotFound
    return request.user


def one(visible: QuerySet[M], pk: int | str | None) -> M:
    """The object of a queryset that starts from `visible_to(user)`.

    Raises:
        NotFound: there is none, or it is outside the perimeter.
    """
    try:
        found = visible.filter(pk=pk).first() if pk is not None else None
    except (ValueError, OverflowError):
        found = None
    if found is None:
        raise NotFound
    return found


def show_problems(form: forms.BaseForm, problem: Invalid) -> None:
    """Put a service's complaints next to the fields they are about."""
    for name, faults in problem.fields.items():
        for fault in faults:
            form.add_error(name if name in form.fields else None, fault)
    if not problem.fields:
        form.add_error(None, str(problem.message))


class EntityChoiceField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A choice of entity, indented as the tree is."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"empty_label": _("Choisissez"), **kwargs})

    def label_from_instance(self, entity: Model) -> str:
        """The name, one step right per level."""
        if not isinstance(entity, Entity):
            return str(entity)
        return "\u2003" * (entity.path.count(".") - 1) + entity.name
