"""Files that people write: strict YAML with places, complaints, and schema errors in words."""
