"""One request out, one answer in. This room knows no SCIM."""
