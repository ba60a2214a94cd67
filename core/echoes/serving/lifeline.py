"""What supervisor and worker say to each other over the worker's lifeline, a pair of sockets.

The worker says `READY` once; from then on it answers each `ASK` with `ANSWER`, from its event loop: a worker that hangs answers nothing.
The other end closes when its process ends.
"""

READY, ASK, ANSWER = b"ready", b"?", b"!"
BYTES = 4096
"""Read at once; more than ever waits, since an unanswered question is not asked again."""
