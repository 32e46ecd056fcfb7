"""One client as data: read from YAML, checked, frozen. It sends nothing.

``load`` has ``load`` and ``load_all``, ``lint`` has ``lint``, ``model`` the values that they give. Nothing is
re-exported here, so that the model can be imported without a YAML parser.
"""
