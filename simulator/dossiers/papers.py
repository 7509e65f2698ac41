"""What is handed in with a dossier: papers digitised, used again or fetched, and whether the account was proved."""

from hashlib import blake2b

from simulator.dossiers.scenario import PaperShares

_NAMES = (("to-khai.pdf", "TP01"), ("giay-to-kem-theo.pdf", "TP02"))
_STEPS = 1 << 32


def papers(code: str, person: int, shares: PaperShares) -> dict[str, object]:
    """Return these fields of the record of dossier `code`, filed by the synthetic citizen `person`.

    They follow from both alone, so every record of a dossier says the same. A paper from the store was used again,
    one that was used again is digitised; who has papers in the store has proved the account.
    """
    chance = _chance(f"{code} {person}")
    digitised, from_store = chance < shares.digitised, chance < shares.from_store
    others = (shares.population - shares.from_store) / (1 - shares.from_store)
    return {
        "HoSoCoThanhPhanSoHoa": _flag(digitised),
        "TaiKhoanDuocXacThucVoiVNeID": _flag(from_store or _chance(str(person)) < others),
        "TaiLieuNop": [
            {
                "TenTepDinhKem": name,
                "IsDeleted": "False",
                "MaThanhPhanHoSo": part,
                "DuongDanTaiTepTin": f"/tai-lieu/{code}/{part}.pdf" if digitised else "",
                "DuocSoHoa": _flag(digitised),
                "DuocTaiSuDung": _flag(digitised and chance < shares.reused),
                "DuocLayTuKhoDMQG": _flag(from_store),
            }
            for name, part in _NAMES
        ],
    }


def _chance(text: str) -> float:
    return int.from_bytes(blake2b(text.encode(), digest_size=4, person=b"papers").digest()) / _STEPS


def _flag(said: bool) -> str:
    return "1" if said else "0"
