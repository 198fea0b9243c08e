"""Statements of the hot paths, put together once instead of at every call.

Most of what a statement of the ORM costs is the building of it, at every call. Here a statement is still said in
the ORM's words, with a `Slot` where a value comes later; it is built at its first use and kept.
Results are what the query set itself would give: model instances with what `select_related`
names, tuples, or single values. Measured in docs/explanation/adr/0027.

A statement has a fixed form: a slot holds one value (no list), and is compared, never tested for NULL. One that
locks (`select_for_update`) is refused outside a transaction at every call, on both databases: Django refuses while it
builds, which happens once here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections, models, transaction
from django.db.models import sql
from django.db.models.expressions import Expression
from django.db.models.query import (
    FlatValuesListIterable,
    ModelIterable,
    ValuesListIterable,
    get_related_populators,
)

T = TypeVar("T")
M = TypeVar("M", bound=models.Model)


class _Place:
    """Stands in a built statement's parameters where a slot's value goes."""

    def __init__(self, name: str, field: models.Field[Any, Any]) -> None:
        self.name, self.field = name, field


class Slot(Expression):
    """A value given at each call; `output_field` says how it is told to the database."""

    def __init__(self, name: str, output_field: models.Field[Any, Any]) -> None:
        super().__init__(output_field=output_field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        """A placeholder."""
        return "%s", [_Place(self.name, self.output_field)]


Build = Callable[..., Any]


def _cursor(connection: Any) -> Any:
    """On PostgreSQL one whose statements the server keeps parsed (`kernel.postgresql`)."""
    prepared: Callable[[], Any] = getattr(connection, "prepared_cursor", connection.cursor)
    return prepared()


class _Statement:
    """Built at its first use: importing a module asks nothing of a database. Two threads at once build the same."""

    def __init__(self, build: Build, **fields: models.Field[Any, Any]) -> None:
        self._build = build
        self._fields = fields
        self._built: Any = None

    def _slots(self) -> dict[str, Slot]:
        return {name: Slot(name, field) for name, field in self._fields.items()}

    def _fill(self, params: Sequence[Any], values: dict[str, Any], connection: Any) -> list[Any]:
        if values.keys() != self._fields.keys():
            raise TypeError(f"expected {sorted(self._fields)}, got {sorted(values)}")
        return [
            each.field.get_db_prep_value(values[each.name], connection) if isinstance(each, _Place) else each
            for each in params
        ]


@dataclass(frozen=True, slots=True)
class _Reading:
    sql: str
    params: tuple[Any, ...]
    converters: tuple[tuple[int, Any, Any], ...]
    make: Callable[[Sequence[Any]], Any]
    locks: bool


class Read(_Statement, Generic[T]):
    """`Read(lambda pk: Thing.objects.filter(pk=pk), pk=BigIntegerField())`: one query set, many calls."""

    def all(self, **values: Any) -> list[T]:
        """Every row.

        Raises:
            TransactionManagementError: a lock is asked for outside a transaction: it would be gone at once.
        """
        connection = connections[DEFAULT_DB_ALIAS]
        known: _Reading | None = self._built
        if known is None:
            known = self._built = self._compile()
        if known.locks and not connection.in_atomic_block:
            raise transaction.TransactionManagementError("select_for_update cannot be used outside of a transaction.")
        params = self._fill(known.params, values, connection)
        with _cursor(connection) as cursor:
            cursor.execute(known.sql, params)
            rows = cursor.fetchall()
        return [known.make(self._converted(row, known, connection)) for row in rows]

    def first(self, **values: Any) -> T | None:
        """The first row, in the query set's order; None without one. Say `[:1]` where there may be many."""
        rows = self.all(**values)
        return rows[0] if rows else None

    def _converted(self, row: Sequence[Any], known: _Reading, connection: Any) -> Sequence[Any]:
        if not known.converters:
            return row
        values = list(row)
        for at, converters, expression in known.converters:
            value = values[at]
            for convert in converters:
                value = convert(value, expression, connection)
            values[at] = value
        return values

    def _compile(self) -> _Reading:
        queryset = self._build(**self._slots())
        compiler = queryset.query.get_compiler(using=DEFAULT_DB_ALIAS)
        statement, params = compiler.as_sql()
        columns = [each[0] for each in compiler.select[0 : compiler.col_count]]
        if compiler.has_extra_select or compiler.has_composite_fields(columns):
            raise TypeError("not a plain list of columns")
        found = compiler.get_converters(columns)
        converters = tuple((at, tuple(each), expression) for at, (each, expression) in found.items())
        make = _maker(queryset, compiler)
        return _Reading(statement, tuple(params), converters, make, bool(queryset.query.select_for_update))


def _maker(queryset: Any, compiler: Any) -> Callable[[Sequence[Any]], Any]:
    """What a row becomes: the same as `queryset` itself makes of it."""
    kind = queryset._iterable_class
    if kind is FlatValuesListIterable:
        return lambda row: row[0]
    if kind is ValuesListIterable:
        return tuple
    if kind is not ModelIterable:
        raise TypeError(f"{kind.__name__}: use instances or values_list")
    # As `ModelIterable` does, once instead of at each call.
    select, about = compiler.select, compiler.klass_info
    start, end = about["select_fields"][0], about["select_fields"][-1] + 1
    names = [each[0].target.attname for each in select[start:end]]
    # The stubs are those of a newer Django, which wants one argument more.
    populators = get_related_populators(about, select, DEFAULT_DB_ALIAS)  # type: ignore[call-arg]
    annotations = tuple((compiler.annotation_col_map or {}).items())
    model = about["model"]

    def instance(row: Sequence[Any]) -> Any:
        found = model.from_db(DEFAULT_DB_ALIAS, names, row[start:end])
        for each in populators:
            each.populate(row, found)
        for name, at in annotations:
            setattr(found, name, row[at])
        return found

    return instance


class Update(_Statement):
    """`Update(lambda pk, at: (Thing.objects.filter(pk=pk), {"ended_at": at}), pk=…, at=…)`; called: rows changed."""

    def __call__(self, **values: Any) -> int:
        """Run it."""
        connection = connections[DEFAULT_DB_ALIAS]
        known: tuple[str, tuple[Any, ...]] | None = self._built
        if known is None:
            known = self._built = self._compile()
        statement, params = known
        filled = self._fill(params, values, connection)
        with transaction.mark_for_rollback_on_error(using=DEFAULT_DB_ALIAS), _cursor(connection) as cursor:
            cursor.execute(statement, filled)
            return int(cursor.rowcount)

    def _compile(self) -> tuple[str, tuple[Any, ...]]:
        queryset, fields = self._build(**self._slots())
        query = queryset.query.chain(sql.UpdateQuery)
        query.add_update_values(fields)
        query.clear_ordering(force=True)
        query.clear_select_clause()
        if query.get_related_updates():
            raise TypeError("columns of more than one table")
        statement, params = query.get_compiler(using=DEFAULT_DB_ALIAS).as_sql()
        return statement, tuple(params)


_inserts: dict[type[models.Model], str] = {}


def insert(row: M) -> M:
    """Write a new row whose primary key is known; as `save(force_insert=True)`, without the building.

    Raises:
        IntegrityError: there is such a row.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    meta = row._meta
    if row.pk is None or meta.parents:
        raise TypeError(f"{meta.label}: not a table of its own, or no primary key")
    fields = [each for each in meta.local_concrete_fields if not each.generated]
    statement = _inserts.get(type(row))
    if statement is None:
        query = sql.InsertQuery(type(row))
        query.insert_values(fields, [row])
        ((statement, _),) = query.get_compiler(using=DEFAULT_DB_ALIAS).as_sql()
        _inserts[type(row)] = statement
    params = [each.get_db_prep_save(each.pre_save(row, True), connection) for each in fields]
    with transaction.mark_for_rollback_on_error(using=DEFAULT_DB_ALIAS), _cursor(connection) as cursor:
        cursor.execute(statement, params)
    row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS
    return row
