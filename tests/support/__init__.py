"""What several tests share: ways to call the command, servers with people in them, answers, streams and pages."""
