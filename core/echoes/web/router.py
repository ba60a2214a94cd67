"""A router that is made for one application."""

from litestar import Router


class RouterOfOneApp(Router):
    """Litestar copies a router with all its handlers before it registers it, so that others may register the same; here are none.

    The copies took a third of the time in which an application is built.
    """

    def __deepcopy__(self, memo: dict[int, object]) -> "RouterOfOneApp":
        return self
