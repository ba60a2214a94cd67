"""The protocol between supervisor and worker over the worker's lifeline, a pair of sockets.

The worker sends `READY` once. From then on it answers each `ASK` with `ANSWER`, from its event loop: a worker that hangs answers nothing.
The other end closes when its process ends.
"""

READY, ASK, ANSWER = b"ready", b"?", b"!"
BYTES = 4096
"""Bytes of one read. It is more than is ever waiting, since an unanswered `ASK` is not repeated."""
