"""The content policy: the WebSocket's address is named for browsers in which 'self' does not cover it, and nothing else gets in."""

import pytest
from echoes.web.headers import POLICY, policy_of


def policy(*hosts):
    scope = {"type": "http", "headers": [(b"accept", b"*/*"), *((b"host", host) for host in hosts)]}
    return dict(part.split(" ", 1) for part in policy_of(scope).decode("ascii").split("; "))


@pytest.mark.parametrize("host", ["example.org", "play.Example.org:8443", "localhost:8000", "192.0.2.1", "127.0.0.1:80", "xn--4ca.example"])
def test_the_websocket_of_the_pages_own_host_is_named(host):
    """With either scheme; the rest of the policy stays as it is."""
    assert policy(host.encode()) == {**POLICY, "connect-src": f"'self' ws://{host} wss://{host}"}


@pytest.mark.parametrize(
    "hosts",
    [
        (), (b"",), (b"*",), (b"*.example.org",), (b"example.org:*",), (b"a; script-src *",), (b"a, b",), (b"a b",), (b"a\tb",), (b"a\r\nX-A: 1",),
        (b"example.org\n",), (b"example.org/path",), (b"user@example.org",), (b"'unsafe-inline'",), (b"example.org:",), (b"example.org:123456",),
        (b":8000",), (b"example..org",), (b".example.org",), (b"[::1]:8000",), (b"example.org;",), (b"caf\xe9.example",), (b"a" * 300,),
        (b"one.example", b"two.example"),
    ],
)  # fmt: skip
def test_any_other_host_is_not_named(hosts):
    """No wildcard, no further directive, no second header; and of two hosts neither."""
    assert policy(*hosts) == POLICY
