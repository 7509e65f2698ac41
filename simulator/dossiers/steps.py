"""What a dossier's life is made of: the filing, its progress steps, and what its record says after each."""

from msgspec import Struct

from ioc_core.catalogue import Procedure
from ioc_core.events import Channel, DossierStatus
from simulator.dossiers.mix import Profile

FRONT_DESK, EXPERTS, LEADERS, CLERKS, PORTAL, CASHIER = range(6)
OFFICES = (
    "Bộ phận Tiếp nhận và Trả kết quả",
    "Phòng chuyên môn",
    "Lãnh đạo đơn vị",
    "Văn thư",
    "Cổng Dịch vụ công tỉnh",
    "Bộ phận Kế toán",
)
"""Where a step happens (`PhongBanXuLy`); a step holds the index."""


class Wait(Struct, frozen=True, gc=False):
    """One request for more papers, in epoch seconds; `answered` is None while the citizen owes them."""

    asked: int
    due_before: int
    answered: int | None = None
    due_after: int | None = None


class Record(Struct, frozen=True):
    """What the whole record of a dossier says of time, in epoch seconds; `received` is `NgayTiepNhan`."""

    received: int
    due: int | None = None
    finished: int | None = None
    returned: int | None = None
    waits: tuple[Wait, ...] = ()
    paid: bool = False
    electronic: bool = False


class Step(Struct, frozen=True):
    """One progress step: `at` is the time it states, `told` when the system sends it (never before the last).

    `record` is what the whole record says from then on; it is sent again when `renewed`.
    """

    at: int
    told: int
    status: DossierStatus
    office: int
    text: str
    started: int
    record: Record
    renewed: bool


class Filing(Struct, frozen=True):
    """A new dossier, before anybody has worked on it."""

    filed: int
    channel: Channel
    profile: Profile
    procedure: Procedure
    office_text: str  # what `DonViXuLy` says
    person: int  # of the synthetic citizen
