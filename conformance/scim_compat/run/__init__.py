"""One run against one target, from the settings to the exit status. It prints nothing and knows no pytest."""
