"""A profile with one scenario for each claim of a target file."""

from __future__ import annotations

PROFILE = """\
format: 1
id: claims
title: One scenario for each claim
version: "2026.11"
scim: "2.0"
sources: {S1: {title: A page}}
client: {name: Example directory}
dialect: {update: patch}
mapping:
  user:
    - {from: userPrincipalName, to: userName, match: 1}
    - {from: displayName, to: displayName}
  group:
    - {from: displayName, to: displayName, match: 1}
requires:
  user.disabled-found-by-id: {severity: blocker, source: S1}
features: {users: Users, groups: Groups, roles: Roles}
scenarios:
  - {id: find.by-name, feature: users, title: Found by displayName, evidence: documented, source: S1, steps: [
      {given: alice}, {do: match, user: alice, by: displayName}, {do: match, user: alice}]}
  - {id: find.gated, feature: users, title: Found where it is claimed, evidence: documented, source: S1,
     when: {filterable: displayName}, steps: [{given: alice}, {do: match, user: alice, by: displayName}]}
  - {id: change.both, feature: users, title: Two changes, evidence: documented, source: S1, steps: [
      {given: alice},
      {do: change, user: alice, set: {displayName: "New ${run.tag}"}},
      {do: change, user: alice, set: {nickName: Liv}},
      {verify: alice}]}
  - {id: disable.keeps, feature: users, title: Disabled and there, evidence: documented, source: S1, when: {disable: keep}, steps: [
      {given: alice}, {do: change, user: alice, set: {active: false}}, {verify: alice, found-by: [id, filter]}]}
  - {id: disable.deletes, feature: users, title: Disabled and gone, evidence: documented, source: S1, when: {disable: delete}, steps: [
      {given: alice}, {do: change, user: alice, set: {active: false}}, {verify: alice, gone: [id, filter, list]}]}
  - {id: twice.create, feature: users, title: Created twice, evidence: documented, source: S1, steps: [
      {do: create, user: alice}, {do: create, user: alice, expect: conflict}, {verify: alice}]}
  - {id: gate.adopt, feature: users, title: Taken over, evidence: documented, source: S1, when: {existing: adopt}, steps: [
      {do: create, user: alice}, {do: create, user: alice, expect: conflict}, {verify: alice}]}
  - {id: gate.conflict, feature: users, title: Refused, evidence: documented, source: S1, when: {existing: conflict}, steps: [
      {do: create, user: alice}, {do: create, user: alice, expect: conflict}, {verify: alice}]}
  - {id: lists.all, feature: users, title: All of them, evidence: documented, source: S1, steps: [
      {given: crowd, count: 3}, {send: {method: GET, path: /Users}, expect: {status: 200}}]}
  - {id: labels.free, feature: users, title: Any label will do, evidence: documented, source: S1, steps: [
      {given: alice}, {do: read, user: alice}]}
  - {id: labels.strict, feature: users, title: One label will do, evidence: documented, source: S1,
     requires: {http.scim-media-type: {severity: degraded, source: S1}}, steps: [{given: alice}, {do: read, user: alice}]}
  - {id: groups.create, feature: groups, title: A group, evidence: documented, source: S1, when: {resource-type: Group}, steps: [
      {do: create, group: crew}, {verify: crew}]}
  - {id: roles.create, feature: roles, title: Whatever, evidence: documented, source: S1, steps: [{do: create, user: bo}]}
"""
