"""What a browser asks of Streamlit, in order: what a page still asks for after it was left must not be answered."""

from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # protobuf ships no types
from streamlit.proto.BackMsg_pb2 import BackMsg


class Visit:
    """One browser's connection.

    A page is changed by the browser alone (`st.switch_page` is banned): it asks for the whole new page. Until that is
    there, timers and lists of the old page may ask for a part of it; Streamlit would go back there, and leave the new
    page empty.
    """

    def __init__(self) -> None:
        self._page = ""

    def overtaken(self, message: bytes) -> bool:
        """Return whether a message (Streamlit's `BackMsg`) asks for a part of another page than the last whole one.

        What can't be read, or asks for something else, is left to Streamlit.
        """
        try:
            asked = BackMsg.FromString(message)
        except DecodeError:
            return False
        if asked.WhichOneof("type") != "rerun_script":
            return False
        rerun = asked.rerun_script
        if rerun.fragment_id:
            return self._page not in ("", rerun.page_script_hash)
        self._page = rerun.page_script_hash
        return False
