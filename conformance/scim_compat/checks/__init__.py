"""The rules, and the judge that applies them to an exchange. It sends nothing.

Each module of ``rules/`` registers the checks of its subject; ``judge`` runs them on an exchange.
"""
