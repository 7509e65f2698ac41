"""What the tests send: dossiers by the national protocol, samples and security events by /v1/events."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx

LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")
AGENCY = "000.00.00.H15"


def stamp(at: datetime) -> str:
    """A time as the national protocol writes it."""
    return at.astimezone(LOCAL).strftime("%Y%m%d%H%M%S")


def dossier(number: int, now: datetime, **fields: str) -> dict[str, Any]:
    """A dossier in process, filed two days ago and due an hour ago unless `fields` say otherwise."""
    return {
        "MaHoSo": f"000.00.01.H15-{now:%y%m%d}-{number:06}",
        "MaTTHC": "1.001193",
        "TenTTHC": "Đăng ký khai sinh",
        "MaLinhVuc": "HT",
        "TenLinhVuc": "Hộ tịch",
        "KenhThucHien": "1",
        "NgayTiepNhan": stamp(now - timedelta(days=2)),
        "NgayHenTra": stamp(now - timedelta(hours=1)),
        "TrangThaiHoSo": "4",
        "DonViXuLy": "UBND phường Buôn Ma Thuột",
        "ChuHoSo": "Nguyễn Thị Thử",
        "SoDienThoai": "0900000000",
        **fields,
    }


class OneStopSystem:
    """A client of the national protocol that signs in again when it is told to."""

    def __init__(self, ingest: str, *, username: str, password: str) -> None:
        self._client = httpx.AsyncClient(base_url=ingest, timeout=30.0)
        self._login = {"username": username, "password": password}
        self._session = ""

    async def push(self, dossiers: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """The answer to one `DongBoHoSoMC`. Raises: httpx.HTTPError when ingest isn't there or is full."""
        if not self._session:
            answer = await self._client.post("/dvcqg/session", json=self._login)
            answer.raise_for_status()
            self._session = answer.json().get("session", "")
        body = {
            "session": self._session,
            "madonvi": AGENCY,
            "service": "DongBoHoSoMC",
            "isUpdating": "True",
            "data": list(dossiers),
        }
        answer = await self._client.post("/dvcqg/integration", json=body)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        if found["error_code"] != "00":
            self._session = ""
        return found

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def samples(first: int, count: int, now: datetime, *, series: int = 200) -> list[dict[str, Any]]:
    """`count` samples over `series` series, one a second each; number `first` on, no two alike."""
    found = []
    for number in range(first, first + count):
        at = now - timedelta(hours=2) + timedelta(seconds=number // series)
        found.append(
            {
                "type": "sample",
                "observed_at": at.isoformat(),
                "metric": "idesk_documents_unread",
                "value": float(number),
                "labels": {"unit": f"u{number % series}"},
            }
        )
    return found


def security_events(first: int, count: int, now: datetime) -> list[dict[str, Any]]:
    """`count` quiet security events with their own ids."""
    return [
        {
            "type": "security",
            "observed_at": (now - timedelta(minutes=5)).isoformat(),
            "event_id": f"event-{number}",
            "event_category": "host",
            "event_severity": 10,
            "message": f"line {number}",
        }
        for number in range(first, first + count)
    ]


def ndjson(events: Sequence[dict[str, Any]]) -> bytes:
    """Events as NDJSON."""
    return b"\n".join(json.dumps(event, ensure_ascii=False).encode() for event in events)
