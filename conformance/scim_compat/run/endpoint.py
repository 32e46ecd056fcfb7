"""One base URL of the target during a run: its wire, its ledger, its bystanders, what it says of itself.

A target that speaks SCIM 2.0 and 1.1 has two, each with its own URL; what is created at one is unknown at the other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from scim_compat.engine import people
from scim_compat.engine.capabilities import Capabilities
from scim_compat.engine.cleanup import remove_entries
from scim_compat.engine.context import PlayedRequest, RunContext
from scim_compat.engine.ledger import Ledger
from scim_compat.engine.versions import VERSIONS
from scim_compat.errors import SettingError
from scim_compat.profile.model import Profile
from scim_compat.run.bystanders import (
    Bystanders,
    SeedInUse,
    create_bystanders,
    refuse_seed_in_use,
)
from scim_compat.run.preflight import NotTestable, preflight
from scim_compat.run.settings import Settings
from scim_compat.run.targetfile import claims_of
from scim_compat.scim.names import Scim
from scim_compat.wire import client as wire
from scim_compat.wire.messages import Request

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
    """Opened by the session, one for each version of the protocol."""

    def __init__(self, settings: Settings, *, scim: Scim, url: str, shard: str, main: bool) -> None:
        self.settings = settings
        self.scim = scim
        self.shard = shard
        self.wire = open_wire(replace(settings, url=url))
        self.base_url = self.wire.base_url
        self.capabilities = Capabilities()
        self.bystanders: Bystanders | None = None
        self.taken = ""
        """Why nothing is played here: another run uses the same names."""
        self._unanswered = 0
        self._given_up = False
        name = "-".join(part for part in ("ledger", "" if main else scim, shard) if part)
        self.ledger_path = Path(settings.out) / f"{name}.jsonl"
        self.ledger = Ledger(
            self.ledger_path, base_url=self.base_url, tag=people.tag_for(settings.seed), clean=self.redacted
        )

    def redacted(self, text: str) -> str:
        """``text`` without the secrets of the run, for what quotes the server or an error of ours."""
        return self.wire.redactor.quoted(text)

    def ask(self) -> None:
        """Asks what the endpoint is. Raises NotTestable, without what it may have quoted of the credential."""
        try:
            self.capabilities = preflight(self.wire, self.base_url, scim=self.scim)
            if not self.shard:  # shards of one run share its tag, and its controller has asked
                refuse_seed_in_use(self.stage(lambda _played: None), self.scim)
        except (NotTestable, SeedInUse) as reason:
            raise NotTestable(self.redacted(str(reason))) from None

    def answered(self, *, ended_silent: bool) -> None:
        """Counts the scenarios in a row that ended because no answer came."""
        self._unanswered = self._unanswered + 1 if ended_silent else 0

    @property
    def given_up(self) -> bool:
        """Whether it is of no use to play on: a run of hundreds of time-outs would take hours.

        After some silent scenarios it is asked once more, since only a part of it may be down.
        """
        if not self._given_up and self._unanswered >= _MOST_UNANSWERED:
            request = Request(method="GET", target="/Users?count=1", headers=VERSIONS[self.scim].harness.headers)
            self._given_up = self.wire.send(request).response is None
            self._unanswered = 0
        return self._given_up

    def stage(self, observe: Callable[[PlayedRequest], None]) -> RunContext:
        """What the scenarios share here; each exchange goes to ``observe``."""
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
        )

    def meet_bystanders(self, profile: Profile, note: Callable[[str], None]) -> None:
        """Makes them, once."""
        if self.bystanders is not None or self.taken:
            return
        try:
            self.bystanders = create_bystanders(profile, self.stage(lambda _played: None), self.shard, note=note)
        except SeedInUse as reason:  # the other run began after we had asked
            self.taken = str(reason)
            note(self.taken)

    def clean(self) -> None:
        """Deletes what is still there."""
        remove_entries(self.ledger.open_entries(), sender=self.wire, ledger=self.ledger)

    def close(self) -> None:
        """Gives everything back. A ledger in which nothing stands is not kept."""
        self.ledger.close()
        self.wire.close()
        if not self.ledger.entries:
            self.ledger_path.unlink(missing_ok=True)


def open_wire(settings: Settings) -> wire.Wire:
    """The HTTP client of a run. Raises SettingError for a URL or credential that cannot work."""
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
        ),
        settings.login.credential(),
        transport=transport,
    )
    if opened.base_query:
        raise SettingError(
            "leave the query (all from the ? on) out of the URL: a profile adds its client's own query to each "
            "request (entra-v2 its flag aadOptscim062020), and a key is given as a credential"
        )
    return opened
