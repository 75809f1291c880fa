"""The hub on the wire: Litestar; bytes in, flow calls out. No rule is decided here."""
