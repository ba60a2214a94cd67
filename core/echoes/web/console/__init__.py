"""The operators' console below `/ops`: pages over the functions of `echoes.ops`. `ECHOES_OPS_CONSOLE=false` leaves it out.

The pages are templates of Jinja with htmx for their parts; files and scripts come from the server alone. Sign-ins are those of the API.
"""

from collections.abc import Sequence

from litestar.di import Provide
from litestar.static_files import create_static_files_router
from litestar.types import ControllerRouterHandler

from echoes.settings import Settings
from echoes.web import problems
from echoes.web.console import actions, addresses, announcements, auditing, cluster, content, facts, players, reports, signing_in
from echoes.web.console.access import provide_operator
from echoes.web.console.pages import FOLDER, handlers_of
from echoes.web.router import RouterOfOneApp

HANDLERS: tuple[ControllerRouterHandler, ...] = (
    players.find, players.show, players.card, players.story, players.samples, players.account, players.account_card, players.export, actions.on_account, actions.on_character, reports.queue,
    reports.whole, reports.decide, announcements.form, announcements.ahead, announcements.announce, announcements.cancel, signing_in.sign_out,
    addresses.addresses, addresses.address_list, addresses.ban, addresses.end, auditing.audit, auditing.entries,
    cluster.nodes, cluster.nodes_table, cluster.order, cluster.world, cluster.economy, cluster.health, facts.follow, facts.more,
    content.content, content.diff, content.push, content.back,
)  # fmt: skip
"""Routes of operators who have signed in: each asks for the operator."""


def console_of(settings: Settings) -> Sequence[ControllerRouterHandler]:
    """The routes of the console; none where it or the operators' API is turned off."""
    if not (settings.ops and settings.ops_console):
        return ()
    pages = RouterOfOneApp(
        "/ops",
        route_handlers=[signing_in.front, signing_in.sign_in, *HANDLERS],
        dependencies={"operator": Provide(provide_operator)},
        exception_handlers=handlers_of(settings),
        include_in_schema=False,
    )
    files = create_static_files_router("/ops/files", [FOLDER / "files"], include_in_schema=False, exception_handlers=problems.NO_FILE)
    return pages, files
