"""Invented people and groups: the source side of the mapping.

Everything comes from Faker with the run's seed, in domains reserved for examples (RFC 2606). Names that must be
unique carry the run's tag; a run recognises and cleans up its resources by it.
"""

from __future__ import annotations

import hashlib
import random
import re
import string
import unicodedata
import uuid
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from scim_compat.values import Json

if TYPE_CHECKING:
    from faker import Faker

DOMAIN: Final = "scim-compat.example"

_TAG: Final = re.compile("sc[0-9a-f]{6}")


def tag_for(seed: int) -> str:
    """The run's tag: ``sc`` and six characters, the same for the same seed."""
    return "sc" + hashlib.sha256(f"tag {seed}".encode()).hexdigest()[:6]


def has_tag(name: str, seed: int) -> bool:
    """True when the name is one that this run gave."""
    return tag_for(seed) in name.lower()


def tag_in(name: str) -> str:
    """The tag of a run inside a name; empty if there is none."""
    words = re.split(r"[@.\s-]+", name.lower())
    return next((word for word in words if _TAG.fullmatch(word)), "")


@lru_cache(maxsize=1)
def _faker() -> Faker:
    from faker import Faker  # noqa: PLC0415 - takes a third of a second; --version must not pay it

    return Faker("en_US")


def _seeded(seed: int, key: str) -> tuple[Faker, random.Random]:
    number = int.from_bytes(hashlib.sha256(f"{seed} {key}".encode()).digest()[:8], "big")
    fake = _faker()
    fake.seed_instance(number)
    return fake, random.Random(number)  # noqa: S311 - test data, not secrets


def guid(seed: int, key: str) -> str:
    """A random version-4 GUID, the same for the same seed and key."""
    _, rng = _seeded(seed, "guid " + key)
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def person(seed: int, key: str, overrides: Mapping[str, Json] | None = None) -> dict[str, Json]:
    """A person's source attributes. ``overrides`` replace values; derived ones follow them."""
    fake, rng = _seeded(seed, key)
    tag = tag_for(seed)

    def digits(count: int) -> str:
        return "".join(rng.choice("0123456789") for _ in range(count))

    base: dict[str, Json] = {
        "givenName": fake.first_name(),
        "surname": fake.last_name(),
        "jobTitle": fake.job(),
        "department": fake.word().capitalize(),
        "division": fake.word().capitalize(),
        "costCenter": digits(4),
        "organization": "Fjord Ferries",
        "employeeId": digits(6),
        "employeeType": "Employee",
        "telephoneNumber": "+1 (555) 01" + digits(2) + " ext. 7",
        "mobile": "+47 555 " + digits(2) + " " + digits(3),
        "facsimileTelephoneNumber": "+1.555.01" + digits(2),
        "preferredLanguage": "nb-NO",
        "locale": "en-US",
        "timezone": "Europe/Oslo",
        "streetAddress": fake.street_address(),
        "city": fake.city(),
        "state": fake.state(),
        "postalCode": digits(5),
        "country": "NO",
        "physicalDeliveryOfficeName": "Room " + digits(2),
        "active": True,
        "role": "User",
        "password": "Pw-" + digits(8) + "!x",
    }
    base["objectId"] = str(uuid.UUID(int=rng.getrandbits(128), version=4))
    number = digits(4)
    base |= {k: v for k, v in (overrides or {}).items() if k in base}
    full = f"{base['givenName']} {base['surname']}"
    local = f"{_ascii(base['givenName'])}.{_ascii(base['surname'])}{number}".lower()
    base["fullName"] = full
    base["nickName"] = _ascii(base["givenName"])[:4] + number
    base["displayName"] = f"{full} {tag}"
    base["mailNickname"] = f"{local}.{tag}"
    base["userPrincipalName"] = f"{local}.{tag}@{DOMAIN}"
    base["mail"] = f"{local}.{tag}@mail.{DOMAIN}"
    base["otherMail"] = f"{local}.{tag}@home.{DOMAIN}"
    # 20 characters beginning with 00u, and the 8 that Okta sends for everyone whose password it does not sync.
    base["oktaId"] = "00u" + _characters(f"{seed} {key} okta id", 17)
    base["placeholderPassword"] = _characters(f"{seed} {key} placeholder password", 8)
    base |= overrides or {}
    return base


def group(seed: int, key: str, overrides: Mapping[str, Json] | None = None) -> dict[str, Json]:
    """A group's source attributes."""
    fake, rng = _seeded(seed, key)
    words = f"{fake.word().capitalize()} {fake.word().capitalize()}"
    base: dict[str, Json] = {
        "displayName": f"{words} crew {tag_for(seed)}-{rng.randrange(10000)}",
        "objectId": str(uuid.UUID(int=rng.getrandbits(128), version=4)),
        "description": "Made by a scim-compat run",
    }
    return base | dict(overrides or {})


def _characters(of: str, count: int) -> str:
    """Letters and digits drawn from a hash, so that no other value of the same seed moves."""
    number = int.from_bytes(hashlib.sha512(of.encode()).digest(), "big")
    drawn = random.Random(number).choices(string.ascii_letters + string.digits, k=count)  # noqa: S311 - test data
    return "".join(drawn)


def _ascii(text: str) -> str:
    """Letters and digits only: what a directory puts before the @."""
    plain = unicodedata.normalize("NFKD", str(text)).encode("ascii", "ignore").decode()
    return "".join(c for c in plain if c.isalnum()) or "x"
