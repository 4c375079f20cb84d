"""Answers that several routes give."""

from typing import TypeVar

from litestar import Response
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED

T = TypeVar("T")


def created_or_same(made: tuple[T, bool]) -> Response[T]:
    """Answer 201 for what was just made, 200 when the same request was answered before."""
    body, new = made
    return Response(body, status_code=HTTP_201_CREATED if new else HTTP_200_OK)
