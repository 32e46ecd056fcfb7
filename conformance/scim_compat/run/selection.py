"""Which profiles and scenarios a run plays."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from scim_compat.run.request import RunRequest

if TYPE_CHECKING:
    from scim_compat.profile.model import Profile


def resolve(request: RunRequest) -> list[Profile]:
    """The profiles that the references name, ``all`` replaced by every built-in; checked before anything is sent."""
    import fnmatch  # noqa: PLC0415

    from scim_compat.checks.registry import all_checks  # noqa: PLC0415
    from scim_compat.profile.find import builtin  # noqa: PLC0415
    from scim_compat.profile.load import load  # noqa: PLC0415

    asked = [r for p in request.profiles for r in (sorted(builtin()) if p == "all" else [p])]
    loaded = [load(ref, check_ids=all_checks()) for ref in asked]
    twice = sorted({p.id for p in loaded if sum(q.id == p.id for q in loaded) > 1})
    if twice:
        raise ValueError(f"the profile {twice[0]} is named twice")
    _must_know(request.settings.claims.get("without-features", ()), loaded)
    ids = [s.id for p in loaded for s in p.scenarios]
    for glob in request.only:
        if not any(fnmatch.fnmatchcase(i, glob) or fnmatch.fnmatchcase(i.rpartition(".")[0], glob) for i in ids):
            raise ValueError(
                f"--only {glob}: no scenario of the named profiles matches; "
                "`scim-compat show PROFILE --summary` lists them"
            )
    return loaded


def _must_know(features: Iterable[str], loaded: list[Profile]) -> None:
    """Raises ValueError for a feature id of the target file that no profile has: it would leave nothing out."""
    from scim_compat.profile.find import builtin  # noqa: PLC0415
    from scim_compat.profile.load import load  # noqa: PLC0415
    from scim_compat.source.complaints import nearest, quoted  # noqa: PLC0415

    known = {f.id for p in loaded for f in p.features}
    for ref in builtin():  # one target file serves many runs: what a profile of another run knows is in order
        if set(features) <= known:
            return
        known |= {f.id for f in load(ref).features}
    for feature in features:
        if feature not in known:
            hint = nearest(feature, known) or "`scim-compat show PROFILE --summary` lists the features of a profile"
            raise ValueError(
                f"without-features in the target file names {quoted(feature)}, which neither a profile of this run nor "
                f"a built-in one has; {hint}"
            )
