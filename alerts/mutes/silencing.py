"""Which alerts the silences mute at an instant, and when that changes. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from alerts.mutes.mute import Kind, Mute, Target
from ioc_core.silences import MAINTENANCE, Silence, active_at


def silenced(
    silences: Iterable[Silence], targets: Sequence[Target], now: datetime, zone: ZoneInfo
) -> Iterator[tuple[int, Mute]]:
    """Yield (alert, mute) for each silence that is on at `now`, and each alert that it means."""
    for silence in silences:
        active, until = active_at(silence, now, zone)
        if not active:
            continue
        mute = Mute(Kind(silence.kind), str(silence.id), reason_of(silence), until)
        for target in targets:
            if silence.covers(target.labels, target.unit):
                yield target.alert_id, mute


def next_change(silences: Iterable[Silence], now: datetime, zone: ZoneInfo) -> datetime | None:
    """Return when the next of them begins or ends by itself; None: none does."""
    changes = (active_at(silence, now, zone)[1] for silence in silences)
    return min((at for at in changes if at is not None), default=None)


def reason_of(silence: Silence) -> str:
    """Return what the history and the screens say of it."""
    word = "Bảo trì" if silence.kind == MAINTENANCE else "Tắt báo"
    return f"{word} ({silence.created_by}): {silence.comment}"
