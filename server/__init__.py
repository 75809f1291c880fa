"""The hub of Zongchuang: the shell that gives sync/ a database, sockets, files and the time (docs/architecture.md)."""
