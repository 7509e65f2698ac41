"""HTML that the API answers itself: the page behind the link in a message."""
