"""Exits with 0 when the URL in the first argument answers 200 within three seconds: a container's health check."""

import sys
import urllib.request

with urllib.request.urlopen(sys.argv[1], timeout=3) as answer:  # noqa: S310 - the URL is a constant of the compose file
    sys.exit(answer.status != 200)
