"""The API for operators, below `/api/ops`. `ECHOES_OPS=false` answers each of its paths with 404."""

from collections.abc import Sequence

from litestar import HttpMethod, route
from litestar.exceptions import NotFoundException
from litestar.types import ControllerRouterHandler

from echoes.settings import Settings
from echoes.web.ops import address_bans, auditing, characters, cluster, content, players, reports, signing_in

CONTROLLERS: tuple[ControllerRouterHandler, ...] = (
    signing_in.SignInController,
    players.PlayersController,
    players.AccountsController,
    address_bans.AddressBansController,
    characters.CharactersController,
    characters.AnnouncementsController,
    reports.ReportsController,
    cluster.ClusterController,
    cluster.OrdersController,
    content.ContentController,
    auditing.AuditController,
)


@route(
    ["/api/ops", "/api/ops/{rest:path}"], http_method=[HttpMethod.GET, HttpMethod.POST, HttpMethod.PUT, HttpMethod.PATCH, HttpMethod.DELETE],
    include_in_schema=False,
)  # fmt: skip
async def switched_off(rest: str = "") -> None:
    """Answer as where there is no such route."""
    del rest
    raise NotFoundException("There is no such route.")


def routes_of(settings: Settings) -> Sequence[ControllerRouterHandler]:
    """The routes of the API, or the one that stands in their place."""
    return CONTROLLERS if settings.ops else (switched_off,)
