"""The vocabulary of SCIM: names, paths, filters, messages. It judges nothing and sends nothing."""
