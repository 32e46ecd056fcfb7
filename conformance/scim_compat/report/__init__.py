"""Pages made from ``results.json``, and from nothing else. It knows no run.

``html.render(results)`` is the compatibility report: one file, no script, no request to anywhere.
"""
