"""The attributes that the server knows (RFC 7643 §3.1, §4, §8.7), and how a name finds its attribute."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .protocol import CORE_GROUP, CORE_USER, ENTERPRISE, FJORD


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """One attribute with its characteristics (RFC 7643 §2.2, §7)."""

    name: str
    type: str = "string"
    multi: bool = False
    required: bool = False
    case_exact: bool = False
    mutability: str = "readWrite"
    returned: str = "default"
    uniqueness: str = "none"
    canonical: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    subs: tuple[Attribute, ...] = ()
    text: str = ""

    def sub(self, name: str) -> Attribute | None:
        return by_name(self.subs, name)

    @property
    def read_only(self) -> bool:
        return self.mutability == "readOnly"

    def as_json(self) -> dict[str, Any]:
        """The definition as /Schemas gives it (RFC 7643 §7)."""
        shape: dict[str, Any] = {
            "name": self.name,
            "type": self.type,
            "multiValued": self.multi,
            "description": self.text or f"The attribute {self.name}.",
            "required": self.required,
            "mutability": self.mutability,
            "returned": self.returned,
        }
        if self.type in {"string", "reference", "binary"}:
            shape |= {"caseExact": self.case_exact, "uniqueness": self.uniqueness}
        if self.canonical:
            shape["canonicalValues"] = list(self.canonical)
        if self.references:
            shape["referenceTypes"] = list(self.references)
        if self.subs:
            shape["subAttributes"] = [sub.as_json() for sub in self.subs]
        return shape


@dataclass(frozen=True, slots=True)
class Schema:
    urn: str
    name: str
    attributes: tuple[Attribute, ...]

    def find(self, name: str) -> Attribute | None:
        return by_name(self.attributes, name)


@dataclass(frozen=True, slots=True)
class Kind:
    """A resource type: User or Group."""

    name: str
    endpoint: str
    core: Schema
    extensions: tuple[Schema, ...] = ()
    unique: str = ""
    """Name of the attribute that no two resources of the kind may share, in any case."""

    @property
    def schemas(self) -> tuple[Schema, ...]:
        return (self.core, *self.extensions)

    def schema(self, urn: str) -> Schema | None:
        """The kind's schema of that URN, in any case (RFC 7643 §2.1)."""
        return next((schema for schema in self.schemas if schema.urn.lower() == urn.lower()), None)

    def find(self, name: str) -> tuple[str, Attribute] | None:
        """The attribute of a short name, and the extension that holds it ("" for the core).

        Clients send ``manager[value eq "id"]`` without its URN, so extensions are searched too.
        """
        common = by_name(COMMON, name) or self.core.find(name)
        if common:
            return "", common
        for schema in self.extensions:
            found = schema.find(name)
            if found:
                return schema.urn, found
        return None


def by_name(attributes: Iterable[Attribute], name: str) -> Attribute | None:
    """Attribute names are compared without regard to case (RFC 7643 §2.1)."""
    wanted = name.lower()
    return next((attribute for attribute in attributes if attribute.name.lower() == wanted), None)


def _plural(
    name: str, *types: str, value: str = "string", exact: bool = False, references: tuple[str, ...] = ()
) -> Attribute:
    """A multi-valued attribute with the sub-attributes of RFC 7643 §2.4."""
    subs = (
        Attribute(name="value", type=value, case_exact=exact, references=references),
        Attribute(name="display"),
        Attribute(name="type", canonical=types),
        Attribute(name="primary", type="boolean"),
    )
    return Attribute(name=name, type="complex", multi=True, subs=subs)


def _strings(*names: str) -> tuple[Attribute, ...]:
    return tuple(Attribute(name=name) for name in names)


def _read_only(name: str, kind: str = "string", *, references: tuple[str, ...] = ()) -> Attribute:
    exact = kind in {"reference", "dateTime"} or name == "value"
    return Attribute(name=name, type=kind, mutability="readOnly", case_exact=exact, references=references)


COMMON = (
    Attribute(name="schemas", type="reference", multi=True, required=True, case_exact=True,
              mutability="readOnly", returned="always", references=("uri",)),
    Attribute(name="id", case_exact=True, mutability="readOnly", returned="always", uniqueness="server"),
    Attribute(name="externalId", case_exact=True),
    Attribute(name="meta", type="complex", mutability="readOnly", subs=(
        Attribute(name="resourceType", case_exact=True, mutability="readOnly"),
        _read_only("created", "dateTime"),
        _read_only("lastModified", "dateTime"),
        _read_only("location", "reference", references=("uri",)),
        Attribute(name="version", case_exact=True, mutability="readOnly"),
    )),
)  # fmt: skip
"""The attributes of every resource (RFC 7643 §3.1); /Schemas does not list them."""

_USER = Schema(CORE_USER, "User", (
    Attribute(name="userName", required=True, uniqueness="server"),
    Attribute(name="name", type="complex", subs=_strings(
        "formatted", "familyName", "givenName", "middleName", "honorificPrefix", "honorificSuffix")),
    *_strings("displayName", "nickName"),
    Attribute(name="profileUrl", type="reference", case_exact=True, references=("external",)),
    *_strings("title", "userType", "preferredLanguage", "locale", "timezone"),
    Attribute(name="active", type="boolean"),
    Attribute(name="password", mutability="writeOnly", returned="never"),
    _plural("emails", "work", "home", "other"),
    _plural("phoneNumbers", "work", "home", "mobile", "fax", "pager", "other"),
    _plural("ims"),
    _plural("photos", "photo", "thumbnail", value="reference", exact=True, references=("external",)),
    Attribute(name="addresses", type="complex", multi=True, subs=(
        *_strings("formatted", "streetAddress", "locality", "region", "postalCode", "country"),
        Attribute(name="type", canonical=("work", "home", "other")),
        Attribute(name="primary", type="boolean"),
    )),
    Attribute(name="groups", type="complex", multi=True, mutability="readOnly", subs=(
        _read_only("value"), _read_only("$ref", "reference", references=("Group",)),
        _read_only("display"), _read_only("type"),
    )),
    _plural("entitlements"),
    _plural("roles"),
    _plural("x509Certificates", value="binary", exact=True),
))  # fmt: skip

_ENTERPRISE = Schema(ENTERPRISE, "Enterprise User", (
    *_strings("employeeNumber", "costCenter", "organization", "division", "department"),
    Attribute(name="manager", type="complex", subs=(
        Attribute(name="value", case_exact=True),
        _read_only("$ref", "reference", references=("User",)),
        _read_only("displayName"),
    )),
))  # fmt: skip

_FJORD = Schema(FJORD, "Fjord User", _strings("berth", "pier"))

_GROUP = Schema(CORE_GROUP, "Group", (
    Attribute(name="displayName", required=True, uniqueness="server"),
    Attribute(name="members", type="complex", multi=True, subs=(
        Attribute(name="value", case_exact=True, mutability="immutable"),
        _read_only("$ref", "reference", references=("User", "Group")),
        Attribute(name="type", mutability="immutable", canonical=("User", "Group")),
        Attribute(name="display", mutability="immutable"),
    )),
))  # fmt: skip

USER = Kind("User", "/Users", _USER, (_ENTERPRISE, _FJORD), unique="userName")
GROUP = Kind("Group", "/Groups", _GROUP, unique="displayName")
KINDS = (USER, GROUP)
SCHEMAS = (_USER, _ENTERPRISE, _FJORD, _GROUP)
