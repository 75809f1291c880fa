"""The protocol of Zongchuang: pure Python, no I/O, no clock and no randomness of its own (docs/protocol.md)."""
