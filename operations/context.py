"""What is known about the work at hand, for every line that is logged meanwhile."""

import contextlib
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from typing import Any

_known: ContextVar[Mapping[str, Any]] = ContextVar("operations_context", default={})  # noqa: B039 - never changed


def known() -> Mapping[str, Any]:
    """The names and values of the work at hand."""
    return _known.get()


def learn(**values: Any) -> None:
    """Adds values to the work at hand; those that are None are left out."""
    _known.set({**_known.get(), **{name: value for name, value in values.items() if value is not None}})


@contextlib.contextmanager
def work(**values: Any) -> Iterator[None]:
    """New work begins: nothing of what was known before holds, and nothing of it after."""
    token = _known.set(values)
    try:
        yield
    finally:
        _known.reset(token)
