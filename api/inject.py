"""What a route handler can ask for, as the types of its parameters."""

import datetime as dt
import uuid
from typing import Annotated

import msgspec
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter, SkipValidation

from core.caller import Caller
from core.paging import HIGHEST_LIMIT, PageRequest
from core.parts import Parts

TheParts = NamedDependency[SkipValidation[Parts]]
"""`parts: TheParts`, what the process is made of."""

TheCaller = NamedDependency[SkipValidation[Caller]]
"""`caller: TheCaller`, who is asking; only on routes that are not public."""

ThePage = NamedDependency[SkipValidation[PageRequest]]
"""`page: ThePage`, from `?limit=&cursor=`."""

Id = FromPath[uuid.UUID]
"""`visit_id: Id`, for a path such as "/visits/{visit_id:uuid}"."""

AwareTime = Annotated[dt.datetime, msgspec.Meta(tz=True)]
"""A time in a body: RFC 3339 with its offset. One without is refused."""

Line = Annotated[str, msgspec.Meta(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f]*\S[^\x00-\x1f]*$")]
"""A name in a body: one line that is not blank."""


def page_request(
    limit: Annotated[int, QueryParameter(ge=1, le=HIGHEST_LIMIT)] = 50,
    cursor: Annotated[str | None, QueryParameter(max_length=1000)] = None,
) -> PageRequest:
    """Build the page a list was asked for."""
    return PageRequest(limit=limit, cursor=cursor)
