"""A client of the national protocol that doesn't give up: it signs in, sends, waits and sends again."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from random import Random

import httpx
import structlog
from msgspec import Raw

from simulator.backoff import delay
from simulator.credentials import Credential
from simulator.delivery import deliver
from simulator.dossiers.timeline import Kind
from simulator.igate import protocol
from simulator.metrics import LOGINS, MESSAGES

log = structlog.get_logger()

FEED = "igate"
FAILURES = 10
"""Calls that fail as a whole, one after the other, before they are given up: half a minute."""


class NationalClient:
    """Pushes to one receiver. Safe to use from several tasks: they share the session.

    Every call waits until the receiver has decided; only cancelling ends a call to a receiver that stays away.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        base_url: str,
        *,
        credential: Callable[[], Awaitable[Credential]],
        agency: str,
        rng: Random,
    ) -> None:
        self._http = http
        self._base = base_url.rstrip("/")
        self._credential = credential
        self._agency = agency
        self._rng = rng
        self._session = ""
        self._signing_in = asyncio.Lock()

    async def push(self, kind: Kind, entries: Sequence[Raw]) -> bool:
        """Send one call; return whether all of it was accepted (the receiver keeps and shows what it rejected)."""
        return not await self._push(kind, entries, len(entries))

    async def push_list(self, kind: Kind, entries: Raw, count: int) -> int:
        """Send one call whose `count` entries are encoded as one list; return how many of them were rejected."""
        return await self._push(kind, entries, count)

    async def _push(self, kind: Kind, entries: Raw | Sequence[Raw], count: int) -> int:
        answer = await self._call(lambda session: protocol.push_body(session, self._agency, kind, entries))
        rejected = protocol.rejected(answer, count)
        if rejected:
            message = str(answer.get("message"))[:300]
            log.warning("dossiers_rejected", call=kind.name, entries=count, rejected=rejected, message=message)
            MESSAGES.labels(FEED, "rejected").inc(rejected)
        MESSAGES.labels(FEED, "accepted").inc(count - rejected)
        return rejected

    async def knows(self, code: str) -> bool:
        """Whether the receiver holds the dossier `code`."""
        answer = await self._call(lambda session: protocol.look_up_body(session, self._agency, code))
        return bool(answer.get("result"))

    async def _call(self, body: Callable[[str], bytes]) -> dict[str, object]:
        """Return the receiver's decision.

        A failure of the call as a whole mostly means that the session is over: a new one is opened and the call is
        made again, at once and then more and more slowly. The failure that still comes after `FAILURES` is the
        decision.
        """
        for attempt in range(FAILURES):
            session = self._session or await self._sign_in("")
            answer = await self._post(protocol.INTEGRATION_PATH, body(session))
            if protocol.decided(answer):
                break
            if attempt:
                await asyncio.sleep(delay(attempt, self._rng))
            await self._sign_in(session)
        return answer

    async def _sign_in(self, stale: str) -> str:
        """Return a session other than `stale`; tasks that come together open one between them."""
        async with self._signing_in:
            attempt = 0
            while self._session == stale:
                credential = await self._credential()
                body = protocol.login_body(credential.username, credential.password)
                answer = await self._post(protocol.SESSION_PATH, body)
                session = answer.get("session")
                if protocol.succeeded(answer) and isinstance(session, str) and session:
                    LOGINS.labels("opened").inc()
                    self._session = session
                    break
                LOGINS.labels("refused").inc()
                log.warning("session_refused", message=str(answer.get("message"))[:200])
                await asyncio.sleep(delay(attempt, self._rng))
                attempt += 1
            return self._session

    async def _post(self, path: str, body: bytes) -> dict[str, object]:
        """Return the answer's object, after as many attempts as it takes to get one."""
        headers = {"Content-Type": "application/json; charset=utf-8"}
        response = await deliver(self._http, self._base + path, body, headers=headers, feed=FEED, rng=self._rng)
        return protocol.answer_of(response.content)
