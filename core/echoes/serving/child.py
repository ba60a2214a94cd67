"""The program of a worker: a supervisor starts `python -m echoes.serving.child` with the arguments of `echoes.serving.worker_main`."""

import sys

from echoes.quick_start import quick_end, quick_imports


def main() -> int:
    """Run the worker. Returns the process's exit code."""
    quick_end()
    with quick_imports():
        from echoes.serving import worker_main  # noqa: PLC0415 - the imports are most of a worker's start
    return worker_main.main()


if __name__ == "__main__":
    sys.exit(main())
