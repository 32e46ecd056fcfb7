"""One run against one target."""
