"""Tests of the embedded servers, of what finds them, and of deploy/."""
