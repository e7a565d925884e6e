"""Opens a PostgreSQL database; the one place that knows its driver and its locks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from errors import InputError, StoreFailed
from storage.database.migrating import Kind, migrate
from wording import message

_WRITER = 0x4B6578  # "Kex": who writes holds the lock of this number
_REMEDIES = {
    "password authentication failed": message("errors.database_remedy_password"),
    "does not exist": message("errors.database_remedy_missing"),
    "permission denied": message("errors.database_remedy_permission"),
    "pg_trgm": message("errors.database_remedy_trigram"),
    "No space left": message("errors.database_remedy_space"),
}
_OTHERWISE = message("errors.database_remedy_server")


def without_password(address: str) -> str:
    """As it may be shown. Raises InputError for what is no address of PostgreSQL."""
    try:
        url = make_url(address)
    except ArgumentError as error:
        raise InputError(message("errors.database_bad_address"), field="KEX_BASE") from error
    if url.get_backend_name() not in ("postgresql", "postgres"):
        raise InputError(message("errors.database_unknown_kind"), field="KEX_BASE")
    # libpq takes a password among the options too.
    return url.set(query={}).render_as_string(hide_password=True)


def open_engine(address: str, kind: Kind) -> Engine:
    """The database there, migrated where needed. Raises StoreFailed."""
    name = without_password(address)
    url = make_url(address).set(drivername="postgresql+psycopg")
    with translate_errors(name):
        try:
            engine = create_engine(url, isolation_level="REPEATABLE READ", pool_pre_ping=True)
        except ModuleNotFoundError as error:
            raise StoreFailed(message("errors.database_needs_psycopg", name=name)) from error
        try:
            with writing(engine) as connection:
                migrate(connection, name, kind=kind)
        except BaseException:
            engine.dispose()
            raise
    return engine


@contextmanager
def translate_errors(name: str) -> Iterator[None]:
    """Turns what goes wrong inside into StoreFailed, without the statement and its values."""
    try:
        yield
    except SQLAlchemyError as error:
        said = str(error.orig if isinstance(error, DBAPIError) else error).strip()
        said = said.splitlines()[0] if said else type(error).__name__
        remedy = next((act for sign, act in _REMEDIES.items() if sign in said), _OTHERWISE)
        raise StoreFailed(
            message("errors.database_unusable", name=name, reason=said, remedy=remedy)
        ) from error


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that begins when no other one writes, and then sees what that one wrote."""
    with engine.connect() as connection:
        # Outside of the transaction, whose picture of the base begins with its first statement.
        alone = connection.execution_options(isolation_level="AUTOCOMMIT")
        alone.execute(text("SELECT pg_advisory_lock(:number)"), {"number": _WRITER})
        try:
            with engine.begin() as inner:
                yield inner
        finally:
            alone.execute(text("SELECT pg_advisory_unlock(:number)"), {"number": _WRITER})
