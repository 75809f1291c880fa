"""The hub's verbs, one a file: synchronous, one transaction each, no HTTP and no SQL."""
