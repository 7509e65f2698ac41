"""Lists of open dossiers by how they stand, of one unit or of all, with files to take away."""

from collections.abc import Mapping
from datetime import UTC, datetime

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboards.address import asked, place_chooser, put_widget
from dashboards.api_client import ApiClient
from dashboards.api_models import Session
from dashboards.dossiers import asking, listing
from dashboards.dossiers.listing import Choice
from dashboards.downloads import offer
from dashboards.links import show_paper
from dashboards.sign_in import api
from dashboards.vietnamese import number

LIST = "list"
SHOWN = 100
_CHOICE = "dossier_choice"


def show(session: Session) -> None:
    """Show one of the lists; the address keeps which one (`?list=overdue&unit=24133`).

    Raises:
        ApiError: the API refused.
    """
    client = api(session.token)
    choices, place, files = st.columns([3.4, 2, 1.6], vertical_alignment="bottom")
    unit = _unit(client, place)
    counts = asking.counts(client, unit)
    chosen = _chosen(choices, counts)
    page = asking.listed(client, chosen.standings, unit, SHOWN)
    with files:
        name = "-".join(filter(None, ("ho-so", chosen.id, unit)))
        offer(session.token, "/dossiers", asking.asked(chosen.standings, unit), name=name, key="dossier_file")
    nothing = f"Không có hồ sơ nào: {chosen.name.lower()}."
    rest = "" if page.next is None else f"Đang hiện {SHOWN} hồ sơ đầu; tải tệp để có đủ."
    show_paper(listing.render(page.items, datetime.now(UTC), rest=rest, nothing=nothing), key="dossier_list")


def _unit(client: ApiClient, place: DeltaGenerator) -> str | None:
    names = {unit.code: unit.name for unit in client.units() if unit.kind != "province"}
    with place:
        return place_chooser(names, key="dossier_unit", nobody="Toàn bộ phạm vi được xem")


def _chosen(place: DeltaGenerator, counts: Mapping[str, int]) -> Choice:
    """Show the lists with how many dossiers each has."""
    chosen = listing.choice(asked(LIST))
    st.session_state[_CHOICE] = chosen.id
    sizes = {one.id: sum(counts.get(standing, 0) for standing in one.standings) for one in listing.CHOICES}
    names = {one.id: f"{one.name} ({number(sizes[one.id])})" for one in listing.CHOICES}
    place.segmented_control(
        "Danh sách",
        list(names),
        key=_CHOICE,
        format_func=names.__getitem__,
        required=True,
        on_change=put_widget,
        args=(LIST, _CHOICE),
    )
    return chosen
