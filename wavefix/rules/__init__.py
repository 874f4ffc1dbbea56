"""The rule files, one for each ecosystem, and their form."""
