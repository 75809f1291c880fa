"""The command `zongchuang`: serve, load-zone, enrol-code, account, verify, rebuild, backup, restore, rescue, migrate.

Every subcommand and setting is described in docs/operations.md. Exit codes: 0 done, 1 refused or a difference found.
"""

import argparse
import os
import sys
from collections.abc import Callable
from dataclasses import fields
from importlib import import_module
from pathlib import Path
from typing import Any

from server.logs import configure_logs
from server.settings import ENVIRONMENT, Settings, SettingsError

Run = Callable[[Settings, argparse.Namespace], int]


def main(arguments: list[str] | None = None) -> int:
    """Run one subcommand; the exit code."""
    options = make_parser().parse_args(arguments)
    # The database holds the hub's key and everybody's data: nobody else on the machine reads it.
    os.umask(0o077)
    configure_logs()
    # Here alone, so that no command waits for what only another one needs.
    module = import_module(f"server.commands.{options.command.replace('-', '_')}")
    run: Run = module.run
    try:
        return run(settings_of(options), options)
    except SettingsError as error:
        sys.stderr.write(f"{options.command}: {error}\n")
        return 1


def make_parser() -> argparse.ArgumentParser:
    """Every subcommand with its options."""
    parser = argparse.ArgumentParser(prog="zongchuang", description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True, metavar="command", dest="command")

    def add(name: str, does: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=does)
        command.add_argument("--data", type=Path, help="folder of the database and the photos")
        command.add_argument("--database-url", help="postgresql://…; else SQLite in the folder")
        command.add_argument(
            "--attachments", help="s3://bucket/prefix, or another folder of photos"
        )
        command.add_argument("--zone", type=Path, help="folder of the zone's files")
        command.add_argument(
            "--busy-timeout",
            type=float,
            dest="busy_timeout_s",
            metavar="SECONDS",
            help="how long to wait to be let into the database",
        )
        return command

    _add_serving(add("serve", "serve the hub: migrate, load the zone, listen"))
    add("load-zone", "bring the zone's records and accounts to what its files say")
    code = add("enrol-code", "make a one-time enrolment code, good for ten minutes")
    code.add_argument("point", help="where the device will stand, such as HALL")
    code.add_argument("--kind", choices=("tablet", "desk", "relay"), default="tablet")
    account = add("account", "set an account's password, read from the terminal or standard input")
    account.add_argument("username")
    add("verify", "check everything that is stored; name the first difference")
    add("rebuild", "rebuild every projection from the ledger")
    backup = add(
        "backup", "copy database and photos into a folder of backups, while the hub serves"
    )
    backup.add_argument("place", type=Path, help="the folder of backups")
    restore = add("restore", "make the hub of a backup, where there is none, in a new epoch")
    restore.add_argument("backup", type=Path, help="one backup: a folder in the folder of backups")
    rescue = add("rescue", "take in what a tablet exported that cannot reach the hub any more")
    rescue.add_argument("file", type=Path, help="the exported file (.zcx)")
    add("migrate", "bring the database's schema up to date")
    return parser


def _add_serving(serving: argparse.ArgumentParser) -> None:
    serving.add_argument("--role", choices=("hub", "relay"), help="the hub, or a point's relay")
    serving.add_argument("--hub", help="of a relay: the address of its hub")
    serving.add_argument("--code", default="", help="of a new relay: its enrolment code")
    serving.add_argument("--address", help="of a new relay: where tablets reach it")
    serving.add_argument("--origins", help="of a relay: whose pages may connect; else the hub's")
    serving.add_argument("--relay-sources", help="of the hub: where its pages may look for relays")
    serving.add_argument("--host", help="address to listen on")
    serving.add_argument("--port", type=int, help="port to listen on")
    serving.add_argument("--static", type=Path, help="folder of the built PWA")
    serving.add_argument("--workers", type=int, help="processes; more than one on PostgreSQL only")
    serving.add_argument("--listen-url", help="PostgreSQL itself, where --database-url is a pooler")
    serving.add_argument(
        "--look-interval",
        type=float,
        dest="look_interval_s",
        metavar="SECONDS",
        help="how often to look for what other processes wrote and nobody told",
    )


def settings_of(options: argparse.Namespace) -> Settings:
    """Options win over the environment, the environment over what is built in."""
    defaults = Settings()
    given: dict[str, Any] = {}
    for field in fields(Settings):
        value = getattr(options, field.name, None)
        if value is None and field.name in ENVIRONMENT:
            value = os.environ.get(ENVIRONMENT[field.name]) or None
        standing = getattr(defaults, field.name)
        try:
            given[field.name] = standing if value is None else type(standing)(value)
        except ValueError as error:
            raise SettingsError(f"{ENVIRONMENT[field.name]} is {value!r}: {error}") from error
    return Settings(**given)
