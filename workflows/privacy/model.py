"""The table of a company's choice about its voice notes."""

import datetime as dt
import uuid

from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, UtcDateTime
from core.scope import CompanyOwned


class VoiceSettings(CompanyOwned, Base):
    """What a company chose; see `workflows.privacy.policy.Keeping`. Id: the company's."""

    __tablename__ = "voice_settings"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    keep_days: Mapped[int | None] = mapped_column()
    mask_numbers: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
