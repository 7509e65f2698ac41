"""The national protocol's decoders on anything at all, and what is kept of what they refuse."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.decoders import national_body
from ingest.decoders.national_dossier import decode_records, decode_steps
from ingest.decoders.personal_data import KEPT, scrubbed, scrubbed_text
from ioc_core.catalogue import Catalogue
from ioc_core.errors import InputError
from ioc_core.events import decode_batch, encode_batch
from tests.ingest.payloads import PERSONAL, opencps, progress, short_form
from tests.ingest.test_national_decoder import raw, sender

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*sorted(KEPT)[:20], "ChuHoSo"]), inner, max_size=4)
    ),
    max_leaves=12,
)
times = st.sampled_from(["", "0", "20240101080000", "20991231000000", "00000000000000", "2024", 20240101080000, None])
mutated = st.builds(
    lambda base, changes, gone: {key: value for key, value in (base | changes).items() if key not in gone},
    st.sampled_from([opencps(), short_form(), progress()]),
    st.dictionaries(st.sampled_from(sorted(opencps())), anything | times, max_size=4),
    st.sets(st.sampled_from(sorted(opencps())), max_size=2),
)


@settings(max_examples=300, deadline=None)
@given(items=st.lists(mutated | anything, max_size=5))
def test_nothing_raises_and_nothing_is_lost(shipped: Catalogue, items: list[object]) -> None:
    raws = [raw(item) for item in items]
    for decode in (decode_records, decode_steps):
        results = list(decode(raws, sender(shipped, scope=frozenset({"SYT"}))))
        assert len(results) == len(items)
        outcomes = [result.outcome for result in results]
        assert list(decode_batch(encode_batch(outcomes))) == outcomes  # whatever is accepted travels on the bus


@settings(max_examples=200, deadline=None)
@given(
    data=st.binary(max_size=200)
    | st.just(msgspec.json.encode([opencps()])).flatmap(
        lambda body: st.integers(0, len(body)).map(lambda end: body[:end])
    )
)
def test_any_bytes_are_items_or_an_input_error(shipped: Catalogue, data: bytes) -> None:
    try:
        items = national_body.decode_list(data)
    except InputError:
        items = []
    assert len(list(decode_records(items, sender(shipped)))) == len(items)


@settings(max_examples=200, deadline=None)
@given(end=st.integers(min_value=0), shift=st.integers(0, 30))
def test_a_cut_off_body_is_kept_without_personal_data(end: int, shift: int) -> None:
    body = msgspec.json.encode({"session": "s1.secret", "data": [opencps(), progress()]})
    cut = body[shift : shift + end % (len(body) - 1)]
    kept = scrubbed_text(cut).decode()
    names = " ".join([*PERSONAL.values(), "Lê Thị Thu Trang", "Trần Văn Minh", "s1.secret"])
    words = {word for word in names.split() if len(word) > 3} - {"Đăng", "khai", "sinh", "Trang"}
    assert not [word for word in words if word in kept]


def test_a_cut_off_body_keeps_what_identifies_the_dossier() -> None:
    kept = scrubbed_text(msgspec.json.encode({"data": [opencps()]})[:-20]).decode()
    assert '"MaHoSo":"000.00.11.H15-200930-0123"' in kept
    assert '"TrangThaiHoSo":"10"' in kept


def test_a_refused_dossier_is_kept_with_its_known_fields_alone() -> None:
    kept = msgspec.json.decode(scrubbed(opencps(DonViXuLy={"TruongPhong": "Trần Văn Minh"})))
    assert set(kept) <= KEPT | {"DanhSachHoSoBoSung", "DanhSachLePhi", "DSKetNoiCSDL", "TaiLieuNop"}
    assert kept["DonViXuLy"] == "<object>"
    assert set(kept["DanhSachHoSoBoSung"][0]) <= KEPT
