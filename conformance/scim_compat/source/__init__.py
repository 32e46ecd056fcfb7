"""Files that people write: strict YAML with places, complaints, schema errors in words. It knows none of their keys."""
