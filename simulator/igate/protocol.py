"""The national dossier protocol as a client writes and reads it. Pure."""

from collections.abc import Sequence

import msgspec
from msgspec import Raw

from simulator.dossiers.timeline import Kind

SESSION_PATH = "/dvcqg/session"
INTEGRATION_PATH = "/dvcqg/integration"
AGENCY = "000.00.00.H15"
"""`madonvi` of the province, unless the catalogue's province says otherwise."""

_SERVICE = {
    Kind.CREATE: ("DongBoHoSoMC", "False"),
    Kind.UPDATE: ("DongBoHoSoMC", "True"),
    Kind.STEP: ("CapNhatTienDoHoSoMC", None),
}
_encoder = msgspec.json.Encoder()


def login_body(username: str, password: str) -> bytes:
    """Return the body that opens a session."""
    return _encoder.encode({"username": username, "password": password})


def push_body(session: str, agency: str, kind: Kind, entries: Raw | Sequence[Raw]) -> bytes:
    """Return the body of one call with its entries: one by one, or their whole list."""
    service, updating = _SERVICE[kind]
    body: dict[str, object] = {"session": session, "madonvi": agency, "service": service}
    if updating is not None:
        body["isUpdating"] = updating
    body["data"] = entries
    return _encoder.encode(body)


def look_up_body(session: str, agency: str, code: str) -> bytes:
    """Return the body that asks for one dossier."""
    return _encoder.encode({"session": session, "madonvi": agency, "service": "TraCuuHoSo", "mahoso": code})


def answer_of(body: bytes) -> dict[str, object]:
    """Return an answer's object; anything else is an answer without fields."""
    try:
        answer = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return {}
    return answer if isinstance(answer, dict) else {}


def succeeded(answer: dict[str, object]) -> bool:
    """Whether `error_code` is zero, as a number or as digits ("0", "00")."""
    code = answer.get("error_code")
    if isinstance(code, str):
        return bool(code) and not code.strip("0")
    return code == 0


def decided(answer: dict[str, object]) -> bool:
    """Whether the receiver looked at the entries; any other failure may mean that the session is over."""
    return succeeded(answer) or isinstance(answer.get("result"), list)


def rejected(answer: dict[str, object], entries: int) -> int:
    """How many of the entries sent were refused: as the answer says one by one, else all or none."""
    results = answer.get("result")
    if succeeded(answer):
        return 0
    if not isinstance(results, list):
        return entries
    return sum(1 for result in results if not (isinstance(result, dict) and succeeded(result)))
