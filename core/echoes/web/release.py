"""The release of the page: the digests of its files. A returning browser asks for it first, and keeps its files only while it stays the same."""

import base64
import hashlib
from pathlib import Path

import msgspec
from litestar import MediaType, Response, get
from litestar.handlers import HTTPRouteHandler

SERVED = {".css", ".html", ".js", ".svg", ".woff2"}
"""Suffixes of the files that a visit needs; a browser fetches the icons and the manifest when it installs the page."""
WORKER = "worker.js"
"""The service worker; a browser fetches it by itself and keeps it elsewhere."""


def release_of(folder: Path) -> bytes:
    """JSON of a folder: `files`, each name with the base64 of its SHA-256, and `release`, a digest of all of them."""
    files = {
        path.name: base64.b64encode(hashlib.sha256(path.read_bytes()).digest()).decode()
        for path in sorted(folder.iterdir())
        if path.suffix in SERVED and path.name != WORKER
    }
    return msgspec.json.encode({"release": hashlib.sha256(msgspec.json.encode(files)).hexdigest()[:16], "files": files})


def release_route(folder: Path) -> HTTPRouteHandler:
    """The route that answers with the release of a folder, as the folder was at the start; nothing on the way may store it."""
    body = release_of(folder)

    @get("/release.json", include_in_schema=False, media_type=MediaType.JSON, sync_to_thread=False)
    def release() -> Response[bytes]:
        return Response(body, media_type=MediaType.JSON, headers={"cache-control": "no-store"})

    return release
