"""Where a running server keeps files of its own."""

import socket
from pathlib import Path


def run_folder(data_dir: Path, listener: socket.socket) -> Path:
    """Return the folder of a running server's files, separate from other servers' on the same data folder."""
    return data_dir.absolute() / "run" / str(listener.getsockname()[1])
