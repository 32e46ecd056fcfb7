"""Steps played against an imaginary server."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from scim_compat.engine.capabilities import Capabilities
from scim_compat.engine.context import RunContext
from scim_compat.engine.imaginary_server import ImaginaryServer
from scim_compat.engine.ledger import Ledger
from scim_compat.engine.scenario import run_scenario
from scim_compat.profile.model import Client, Step
from scim_compat.values import Where
from scim_compat.wire.messages import Exchange, Failure, FailureKind, Headers, Response


@dataclass
class Refusing(ImaginaryServer):
    """Answers requests whose ``METHOD /path`` begins with a key of ``refusals`` with that status; 0: not at all."""

    refusals: dict[str, int] = field(default_factory=dict)

    def send(self, request):
        for start, status in self.refusals.items():
            if f"{request.method} {request.target}".startswith(start):
                answer = Response(status, "", Headers(), b"{}", json={}) if status else None
                return Exchange(
                    request, "u", answer, None if answer else Failure(FailureKind.TIMEOUT, "no answer within 60 s")
                )
        return ImaginaryServer.send(self, request)


def step(kind="do", /, **args):
    name = args.pop("do", kind)
    return Step(kind=kind, verb=name, args=args, where=Where("x.yaml", 1))


def given(name, **more):
    return step("given", given=name, **more)


def verify(name, **more):
    return step("verify", verify=name, **more)


def play(profile, *steps, server=None, large=False, capabilities=None, crowd=(), **dialect):
    """Every exchange of the steps, how it ended, and the ledger."""
    one = profile.scenarios[0]
    one = replace(
        one, id="test.steps", steps=tuple(steps), dialect=replace(profile.dialect, **dialect), client=profile.client
    )
    seen = []
    server = server or ImaginaryServer()
    stage = RunContext(sender=server, base_url=server.base_url, seed=7, ledger=Ledger(None), observe=seen.append,
                  capabilities=capabilities or Capabilities(), large=large, crowd=crowd)  # fmt: skip
    ended = run_scenario(profile, one, stage)
    return seen, ended, stage.ledger, server


def lines(seen):
    return [
        f"{p.observation.exchange.request.method} {p.observation.exchange.request.target.partition('?')[0]}"
        for p in seen
    ]


def last(seen):
    return seen[-1].observation.intent


def crowd(count):
    return step("given", given="crowd", count=count)


def speaking(profile, **changes):
    """The profile with another client."""
    return replace(
        profile, client=replace(Client(headers=(("Accept", "application/scim+json"), ("X-Client", "a"))), **changes)
    )
