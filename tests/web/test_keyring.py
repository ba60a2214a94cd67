"""The keys that a worker remembers are bounded, by time and in all."""

from echoes.web.keyring import Keyring


def test_a_key_is_remembered_for_its_time():
    """And no longer, for every channel: the next key clears the overdue ones."""
    now = 0.0
    keys = Keyring(seconds=300.0, limit=100_000, clock=lambda: now)
    for channel in range(1000):
        for number in range(10):
            keys.add(f"player:{channel}", str(number))
    assert len(keys) == 10_000
    assert ("player:7", "3") in keys
    assert ("player:7", "11") not in keys
    now = 299.0
    keys.add("location:yard", "again")
    assert len(keys) == 10_001
    now = 301.0
    keys.add("location:yard", "later")
    assert len(keys) == 2


def test_all_channels_share_one_bound():
    """However many there are; the oldest go first, and one that comes again is young again."""
    keys = Keyring(limit=1000, clock=lambda: 0.0)
    for number in range(5000):
        keys.add(f"player:{number}", "k")
        keys.add("location:yard", "often")
    assert len(keys) == 1000
    assert ("location:yard", "often") in keys
    assert ("player:4999", "k") in keys
    assert ("player:0", "k") not in keys
