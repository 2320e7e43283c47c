"""Column types and small building blocks that several models share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from django.db import models
from django.db.models.expressions import Func

_Set = TypeVar("_Set")
_Get = TypeVar("_Get")

if TYPE_CHECKING:

    class TextColumn(models.CharField[_Set, _Get]): ...

    PlainColumn = models.Field[int, int]
else:

    class TextColumn(models.CharField, Generic[_Set, _Get]): ...

    PlainColumn = models.Field


class ActorField(TextColumn[_Set, _Get]):
    """The one who did it, as ``str(Actor)``: ``person:3``, ``seat:sender``, ``system:delivery``."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("max_length", 64)
        super().__init__(**options)


class CurrentTransactionId(Func):
    """The 64-bit id of the running transaction, the same in its savepoints."""

    function = "pg_current_xact_id"
    arity = 0


class TransactionIdField(PlainColumn):
    """PostgreSQL's ``xid8``."""

    def db_type(self, connection: Any) -> str:
        return "xid8"

    def get_internal_type(self) -> str:
        return "TransactionIdField"


def stated_together(*names: str) -> models.Q:
    """All of these columns are set, or none is."""
    everything = models.Q(**{f"{name}__isnull": False for name in names})
    nothing = models.Q(**{f"{name}__isnull": True for name in names})
    return everything | nothing
