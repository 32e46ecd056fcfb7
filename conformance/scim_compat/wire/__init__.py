"""One request out, one answer in. It knows no SCIM."""
