"""One base URL of the target during a run: its wire, its ledger, its crowd, what it says of itself.

A target that speaks SCIM 2.0 and 1.1 has two, each with its own URL; what is created at one is unknown at the other.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from scim_compat.engine import people
from scim_compat.engine.capabilities import Capabilities
from scim_compat.engine.context import Memory, PlayedRequest, RunContext
from scim_compat.engine.ledger import Ledger
from scim_compat.engine.remains import remove_everything
from scim_compat.engine.versions import VERSIONS
from scim_compat.errors import NotTestableError, OtherVersionError, SeedInUseError, SettingError
from scim_compat.profile.model import Profile
from scim_compat.run.crowd import Crowd, create_crowd
from scim_compat.run.preflight import preflight
from scim_compat.run.seed import refuse_seed_in_use
from scim_compat.run.settings import Settings, uncredentialed
from scim_compat.run.targetfile import claims_of
from scim_compat.scim.names import Scim
from scim_compat.wire import client as wire
from scim_compat.wire.messages import Headers, Request
from scim_compat.wire.secrets import SecretRegister
from scim_compat.wire.trace import Trace

_PAUSE: Final = 1.0
"""Seconds that a server gets for creations whose answer the run did not wait for."""
FIRST: Final[Scim] = "2.0"
_MOST_UNANSWERED: Final = 5
"""Scenarios in a row without an answer, after which the endpoint is asked whether it is still there."""
GIVEN_UP: Final = (
    f"not played: {_MOST_UNANSWERED} scenarios in a row got no answer, and a plain GET /Users got none either; "
    "the endpoint seems to be down"
)


def base_urls(settings: Settings, versions: Sequence[Scim]) -> dict[Scim, str]:
    """The base URL of each version that the run can speak with; a version without one is left out.

    The target file's ``bases`` say it; else the run's URL is that of 2.0, or of the only version there is.
    """
    main = FIRST if FIRST in versions else versions[0]
    found: dict[Scim, str] = {}
    for version in dict.fromkeys((main, *versions)):
        url = settings.bases.get(version) or (settings.url if version == main else "")
        if url:
            found[version] = url
    return found


class Endpoint:
    """Opened by the session, one for each version of the protocol.

    Mutable: it fills with what the probe and the crowd bring.
    """

    def __init__(
        self, settings: Settings, *, scim: Scim, url: str, shard: str, main: bool, secrets: SecretRegister
    ) -> None:
        self.settings = settings
        self.scim = scim
        self.shard = shard
        self.wire = open_wire(replace(settings, url=url), secrets)
        self.base_url = self.wire.base_url
        self.capabilities = Capabilities()
        self.crowd: Crowd | None = None
        self.seed_in_use = ""
        """Why nothing is played here: another run uses the same names. Empty if none does."""
        self._memory = Memory()
        self._is_tag_ours = False
        """Nobody had names of this seed when the run began, so whoever has one was made by it."""
        self._unanswered = 0
        self._given_up = False
        name = "-".join(part for part in ("ledger", "" if main else scim, shard) if part)
        self.ledger_path = Path(settings.out) / f"{name}.jsonl"
        self.ledger = Ledger(
            self.ledger_path, base_url=self.base_url, tag=people.tag_for(settings.seed), clean=self.redacted
        )

    def redacted(self, text: str) -> str:
        """``text`` without the secrets of the run, for texts that quote the server or an internal error."""
        return self.wire.secrets.quoted(text)

    def probe(self) -> None:
        """Reads what the endpoint says of itself. Raises NotTestableError, redacted."""
        try:
            self.capabilities = preflight(
                self.wire, self.base_url, scim=self.scim, uncredentialed=uncredentialed(self.settings)
            )
            if not self.shard:  # shards share the tag of their run, and its controller has looked
                self._is_tag_ours = refuse_seed_in_use(self.context(_unobserved), self.scim)
        except OtherVersionError as error:
            raise OtherVersionError(self.redacted(str(error)), spoken=error.spoken) from None
        except NotTestableError as error:
            raise NotTestableError(self.redacted(str(error))) from None

    def note_silence(self, *, silent: bool) -> None:
        """Counts the scenarios in a row that ended because no answer came."""
        self._unanswered = self._unanswered + 1 if silent else 0

    def check_alive(self) -> bool:
        """False when the endpoint has stopped answering: a run of hundreds of time-outs would take hours.

        After some silent scenarios it is probed once more, since only a part of it may be down.
        """
        if not self._given_up and self._unanswered >= _MOST_UNANSWERED:
            request = Request(
                method="GET", target="/Users?count=1", headers=Headers(VERSIONS[self.scim].harness.headers)
            )
            self._given_up = self.wire.send(request).response is None
            self._unanswered = 0
        return not self._given_up

    def context(self, observe: Callable[[PlayedRequest], None]) -> RunContext:
        """The parts that scenarios share here; each exchange goes to ``observe``."""
        return RunContext(
            sender=self.wire,
            base_url=self.base_url,
            seed=self.settings.seed,
            ledger=self.ledger,
            observe=observe,
            capabilities=self.capabilities,
            claims=claims_of(self.settings.claims),
            large=self.settings.large,
            alone=not self.shard,
            client_timeout=self.settings.timeout,
            crowd=self.crowd.actors if self.crowd else (),
            memory=self._memory,
            near_misses=self.wire.near_misses,
            trace=trace_of(self.settings),
        )

    def create_crowd(self, profile: Profile, note: Callable[[str], None]) -> None:
        """Creates the crowd, once."""
        if self.crowd is not None or self.seed_in_use:
            return
        try:
            size = self.settings.crowd
            self.crowd = create_crowd(profile, self.context(_unobserved), size, self.shard, note=note)
        except SeedInUseError as error:  # the other run began after our look
            self.seed_in_use = str(error)
            note(self.seed_in_use)

    def clean(self) -> None:
        """Deletes the resources that are still there, and looks whether they are gone."""
        if self.ledger.entries:
            remove_everything(
                sender=self.wire,
                ledger=self.ledger,
                pause=lambda: time.sleep(_PAUSE),
                others=self._is_tag_ours and not self.seed_in_use,
            )

    def close(self) -> None:
        """Gives everything back. A ledger in which nothing stands is not kept."""
        self.ledger.close()
        self.wire.close()
        if not self.ledger.entries:
            self.ledger_path.unlink(missing_ok=True)


def _unobserved(_played: PlayedRequest) -> None:
    """For requests that no scenario is about."""


def trace_of(settings: Settings) -> Trace | None:
    """The mark of the run's requests; None where the user asked for none."""
    return Trace(settings.trace, settings.run_id or "-") if settings.trace else None


def open_wire(settings: Settings, secrets: SecretRegister | None = None) -> wire.Wire:
    """The HTTP client of a run; ``secrets`` is the register of the call.

    Raises SettingError for a URL or credential that cannot work.
    """
    transport = None
    if settings.app:
        from scim_compat.wire.apps.load import transport_for  # noqa: PLC0415 - only where asked for

        transport = transport_for(settings.app)
    cert = (settings.client_cert, settings.client_key or None) if settings.client_cert else None
    opened = wire.Wire(
        wire.WireSettings(
            base_url=settings.url,
            timeout=settings.timeout or 30.0,  # for what no client sends: the first look, clean-up
            verify=settings.ca or True,
            client_cert=cert,
            proxy=settings.proxy or None,
            trace=trace_of(settings),
        ),
        settings.login.credential(),
        transport=transport,
        secrets=secrets,
    )
    if opened.base_query:
        raise SettingError(
            "leave the query (all from the ? on) out of the URL: a profile adds its client's own query to each "
            "request (entra-v2 its flag aadOptscim062020), and a key is given as a credential"
        )
    return opened
