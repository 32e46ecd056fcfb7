"""What SCIM says, judged by nobody: names, paths, messages."""
