"""SCIM servers that the tests talk to: a good one, and the same with one defect each.

Tests import them as ``servers.good``, ``servers.running`` and ``servers.defects``: pytest puts the
directory ``tests`` on the import path.
"""
