"""Tests of rules: timelines of events, and what they must lead to."""
