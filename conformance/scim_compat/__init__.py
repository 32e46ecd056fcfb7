"""scim-compat: replays what identity providers send to a SCIM endpoint and judges the answers.

Data flows one way: ``profile`` (YAML → model) → ``engine`` (requests, exchanges) →
``checks`` (rules) → ``results`` (verdicts, files) → ``report`` (pages).
"""

__version__ = "0.1.0"
