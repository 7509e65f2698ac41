"""Messages of a browser that changes pages while the old page still asks for its parts."""

from streamlit.proto.BackMsg_pb2 import BackMsg

from dashboards.visit import Visit


def rerun(page: str, fragment: str = "") -> bytes:
    asked = BackMsg()
    asked.rerun_script.page_script_hash = page
    asked.rerun_script.fragment_id = fragment
    message: bytes = asked.SerializeToString()
    return message


def test_parts_of_a_page_that_was_left_are_not_asked_for() -> None:
    visit = Visit()
    told = [
        rerun("console"),
        rerun("console", "list"),
        rerun("explain"),
        rerun("console", "list"),
        rerun("explain", "why"),
    ]
    assert [visit.overtaken(message) for message in told] == [False, False, False, True, False]


def test_going_back_and_asking_again() -> None:
    visit = Visit()
    told = [rerun("console"), rerun("explain"), rerun("console"), rerun("explain", "why"), rerun("console", "list")]
    assert [visit.overtaken(message) for message in told] == [False, False, False, True, False]


def test_the_first_page_of_a_visit_is_known_by_its_address_alone() -> None:
    visit = Visit()
    assert [visit.overtaken(message) for message in (rerun(""), rerun("console", "list"))] == [False, False]


def test_what_is_no_request_for_a_page_is_left_to_streamlit() -> None:
    visit, beat = Visit(), BackMsg()
    beat.app_heartbeat = True
    told = [rerun("console"), beat.SerializeToString(), b"", b"\xff\x00 no message", rerun("console", "list")]
    assert not any(visit.overtaken(message) for message in told)
