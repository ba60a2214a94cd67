"""The supervisor's requests to a worker, as bytes."""

from echoes.serving.lifeline import ASK, requests, serve, yield_


def test_requests_are_read_as_they_were_sent():
    """Several may come in one read, in order; those of a newer supervisor are skipped."""
    assert list(requests(ASK + serve(3) + b"*7;" + yield_(12) + ASK)) == [(ASK, 0), (b"+", 3), (b"-", 12), (ASK, 0)]
    assert list(requests(b"")) == []
