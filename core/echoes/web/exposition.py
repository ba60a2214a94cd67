"""The metrics as Prometheus reads them, without a token. A request through a proxy gets 404.

A proxy names its client (`X-Forwarded-For`, `Forwarded`), and the client cannot remove that. So the metrics stay inside even where a rule of
the proxy is bypassed (`//metrics`, `/%6detrics`).
"""

import asyncio
from typing import Any

from litestar import Request, Response, get
from litestar.exceptions import NotFoundException

from echoes.context import Context
from echoes.metrics import host

PROXIED = ("x-forwarded-for", "forwarded")


@get("/metrics", include_in_schema=False)
async def of_host(context: Context, request: "Request[Any, Any, Any]") -> Response[bytes]:
    """The metrics of all workers of this host; any worker answers. Samples of the other workers may be some seconds old."""
    return await _answer(context, request, everyone=True)


@get("/metrics/worker", include_in_schema=False)
async def of_worker(context: Context, request: "Request[Any, Any, Any]") -> Response[bytes]:
    """Of the worker that answers, and of its process."""
    return await _answer(context, request, everyone=False)


async def _answer(context: Context, request: "Request[Any, Any, Any]", *, everyone: bool) -> Response[bytes]:
    if any(name in request.headers for name in PROXIED):
        raise NotFoundException
    await context.sampler.sample()
    text, content_type = await asyncio.to_thread(host.exposition, request.headers.get("accept", ""), everyone=everyone)
    return Response(text, media_type=content_type)
