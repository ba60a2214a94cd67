"""Reasons for people: what the operating system, TLS or a driver says, in words that are never empty, with what to do about it."""

import errno
import os
import socket
import ssl

_ADVICE = {
    errno.EACCES: "give the account that runs the server (user id {uid}) access to it",
    errno.EPERM: "give the account that runs the server (user id {uid}) access to it",
    errno.EROFS: "mount a folder there that can be written, or choose another (ECHOES_DATA_DIR)",
    errno.ENOSPC: "free space on that disk",
    errno.EDQUOT: "free space, or raise the quota of the account that runs the server",
    errno.EMFILE: "raise the limit of open files (ulimit -n, LimitNOFILE=)",
    errno.ENFILE: "raise the machine's limit of open files (fs.file-max)",
    errno.ENOMEM: "give the server more memory",
    errno.EAGAIN: "raise the limit of processes (ulimit -u, TasksMax=)",
    errno.ENOENT: "check that it exists",
    errno.ENOTDIR: "check the path: a part of it is a file",
    errno.EISDIR: "check the path: it is a folder",
}


def reason(error: BaseException) -> str:
    """Why, in one line; never empty."""
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(dict.fromkeys(reason(one) for one in error.exceptions))
    if isinstance(error, socket.gaierror):
        return f"the host name cannot be looked up: {error.strerror or 'no address'}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message or 'no reason given'}"
    if isinstance(error, TimeoutError) and not str(error):
        return "no answer in time"
    words = " ".join(str(error).split())
    if words:
        return words
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return reason(cause) if cause is not None else f"no reason given ({type(error).__name__})"


def refused_by_system(error: OSError) -> str:
    """Describe an error of the operating system: the file or other object that it refused, the reason, and advice."""
    files = ", ".join(os.fsdecode(one) for one in (error.filename, error.filename2) if isinstance(one, str | bytes | os.PathLike))
    cause = error.strerror or reason(error)
    advice = _ADVICE.get(error.errno or 0, "").format(uid=os.geteuid())
    return f"{files or 'the operating system'}: {cause}" + (f"; {advice}" if advice else "")
