"""One module a subcommand, each with `run(settings, options)`, loaded when it is asked for (server/cli.py)."""
