"""The Streamlit screens: wall, console, briefing; they know only the API."""
