"""The address of a client: only a trusted proxy is believed, and only its own word."""

import pytest
from echoes.errors import ConfigurationError
from echoes.web.addresses import Addresses

PROXY, STRANGER = "10.0.0.1", "203.0.113.9"


def scope(peer, *, forwarded=(), proto=(), scheme="http"):
    headers = [(b"x-forwarded-for", one.encode("latin-1")) for one in forwarded] + [(b"x-forwarded-proto", one.encode()) for one in proto]
    return {"client": None if peer is None else (peer, 1234), "headers": headers, "scheme": scheme}


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        (STRANGER, (), STRANGER),
        (STRANGER, ("192.0.2.1",), STRANGER),
        (PROXY, ("192.0.2.1",), "192.0.2.1"),
        (PROXY, ("1.1.1.1, 192.0.2.1",), "192.0.2.1"),
        (PROXY, ("1.1.1.1", "192.0.2.1, 10.9.9.9"), "192.0.2.1"),
        (PROXY, ("192.0.2.1:443",), "192.0.2.1"),
        (PROXY, ("[2001:db8:0:1:a:b:c:d]:443",), "2001:db8:0:1::/64"),
        (PROXY, ("2001:db8:0:1::5",), "2001:db8:0:1::/64"),
        (PROXY, ("::ffff:192.0.2.1",), "192.0.2.1"),
        ("::ffff:10.0.0.1", ("192.0.2.1",), "192.0.2.1"),
        (PROXY, ("no address",), "unreadable"),
        (PROXY, ("192.0.2.1, \xff",), "unreadable"),
        (PROXY, (), None),
        (PROXY, ("10.1.1.1",), None),
        (None, (), None),
        (None, ("192.0.2.1",), "192.0.2.1"),
    ],
)
def test_the_address_is_the_one_that_the_last_trusted_proxy_saw(peer, forwarded, address):
    """The header is read from the right: an entry that the client wrote stands further left, and is not read."""
    assert Addresses("10.0.0.0/8, ::1").of(scope(peer, forwarded=forwarded)) == address


def test_no_proxy_is_trusted_without_the_setting():
    """Also this machine is not trusted."""
    assert Addresses("").of(scope("127.0.0.1", forwarded=("192.0.2.1",))) == "127.0.0.1"


def test_tls_is_known_from_the_server_or_from_a_trusted_proxy():
    """A header of an untrusted client counts for nothing."""
    addresses = Addresses("10.0.0.0/8")
    assert addresses.secure(scope(STRANGER, scheme="https"))
    assert addresses.secure(scope(PROXY, proto=("https",)))
    assert not addresses.secure(scope(PROXY, proto=("https, http",)))
    assert not addresses.secure(scope(STRANGER, proto=("https",)))
    assert not addresses.secure(scope(PROXY))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ECHOES_TRUSTED_PROXIES", "10.0.0.0/8, proxy"),
        ("ECHOES_ALLOWED_ORIGINS", "friend.example"),
        ("ECHOES_ALLOWED_ORIGINS", "https://a/b"),
    ],
)
def test_a_malformed_address_or_origin_stops_the_start(monkeypatch, tmp_path, name, value):
    """The error names the variable."""
    from echoes import settings  # noqa: PLC0415 - reads the environment

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=name):
        settings.read()
