"""The supervisor's requests to a worker, as bytes."""

from echoes.serving.lifeline import ASK, LEAVING, READY, order, orders, outcome, outcomes, requests, serve, yield_


def test_requests_are_read_as_they_were_sent():
    """Several may come in one read, in order; those of a newer supervisor are skipped."""
    assert list(requests(ASK + serve(3) + b"*7;" + yield_(12) + ASK)) == [(ASK, 0), (b"+", 3), (b"-", 12), (ASK, 0)]
    assert list(requests(b"")) == []


def test_orders_and_outcomes_are_read_beside_other_words():
    """A worker's order after its first word, a supervisor's outcome among its requests; older programs skip them."""
    assert list(orders(READY + order("replace", 7) + b"!" + order("roll", 12))) == [("replace", 7), ("roll", 12)]
    mixed = ASK + outcome(7, "not_started") + serve(3)
    assert list(outcomes(mixed)) == [(7, "not_started")]
    assert list(requests(mixed)) == [(ASK, 0), (b"+", 3)]
    assert (READY in order("drain", 1), LEAVING in order("drain", 1), b"!" in order("drain", 1)) == (False, False, False)
