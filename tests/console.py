"""The operators' console as its pages use it: a cookie, forms, and the headers of a browser."""

import re

from operating import BECAUSE, PASSWORD, code_of

OWN = {"hx-request": "true", "sec-fetch-site": "same-origin"}
"""Headers of a request that a page of the console sends with htmx."""


class Console:
    """An operator's browser at the console."""

    def __init__(self, api) -> None:
        self.api, self.http, self.cookie = api, api.http, ""

    @classmethod
    async def of(cls, api, role):
        """Signed in with this role."""
        console = cls(api)
        console.name, console.account, console.secret = await api.operator(role)
        answer = await console.sign_in(console.name, code_of(console.secret))
        assert answer.status_code == 200, answer.text
        return console

    async def sign_in(self, name, code, password=PASSWORD, *, url="", headers=OWN):
        """Send the form of the front page; keeps the cookie."""
        form = {"username": name, "password": password, "code": code}
        answer = await self.http.post(f"{url}/ops/sign-in", data=form, headers=self._with(headers))
        self.http.cookies.clear()  # many operators share this client
        self.cookie = cookie_of(answer) or self.cookie
        return answer

    async def get(self, path, *, headers=None, **query):
        """Open a page."""
        return await self.http.get(f"/ops{path}", params=query, headers=self._with(headers or {}))

    async def look(self, path, **query):
        """Open a page that asks for a reason."""
        return await self.get(path, reason=BECAUSE, **query)

    async def post(self, path, *, headers=OWN, **form):
        """Send a form."""
        answer = await self.http.post(f"/ops{path}", data={"reason": BECAUSE, **form}, headers=self._with(headers))
        self.http.cookies.clear()
        return answer

    def _with(self, headers):
        return {**headers, **({"cookie": f"echoes_ops={self.cookie}"} if self.cookie else {})}


def cookie_of(answer):
    """The cookie that an answer sets; empty without one."""
    found = re.match(r"echoes_ops=([^;]*)", answer.headers.get("set-cookie", ""))
    return found[1].strip('"') if found else ""


def text_of(answer):
    """The text of a page or a part, without its markup."""
    text = re.sub(r"<[^>]+>", " ", answer.text)
    for mark, sign in (("&#39;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&#34;", '"'), ("&amp;", "&")):
        text = text.replace(mark, sign)
    return " ".join(text.split())
