"""What monitoring refuses, and why."""

from __future__ import annotations

from uuid import UUID

from app.foundation.errors import Conflict, Invalid, NotFound


class AlarmNotFound(NotFound):
    """There is no such alarm."""

    code = "alarm-not-found"

    def __init__(self, alarm_id: UUID) -> None:
        super().__init__(f"There is no alarm {alarm_id}. The page of alarms lists those there are.")


class AlarmClosed(Conflict):
    """Somebody closed the alarm already."""

    code = "alarm-closed"

    def __init__(self, alarm_id: UUID) -> None:
        super().__init__(f"Alarm {alarm_id} is closed already. The reason stands on the page of alarms.")


class AlarmReasonMissing(Invalid):
    """An alarm closed without a reason, or with a very long one."""

    code = "alarm-reason-missing"

    def __init__(self, longest: int) -> None:
        super().__init__(f"Say in up to {longest} characters what you found: the alarm stays open until then.")
