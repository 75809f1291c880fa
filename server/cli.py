"""The command `zongchuang`: serve, load-zone, enrol-code, account, verify, rebuild, migrate.

Every subcommand and setting is described in docs/operations.md. Exit codes: 0 done, 1 refused or a difference found.
"""

import argparse
import gc
import logging
import os
import signal
import socket
import sys
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from getpass import getpass
from pathlib import Path

import structlog
import uvicorn

from server.app import make_app, open_store, prepare
from server.flows.account import set_password
from server.flows.console import accounts_of
from server.flows.enrol import make_code
from server.flows.hub import Hub, open_hub
from server.flows.load_zone import demo_accounts, load_zone
from server.flows.rebuild import rebuild
from server.flows.refusals import Refusal
from server.flows.verify import verify
from server.settings import Settings
from server.store.files import Files
from server.store.schema import current_revision
from sync.limits import FRAME_BYTES_MAX

GRACE_S = 5
GC_THRESHOLDS = (50_000, 20, 50)


def main(arguments: list[str] | None = None) -> int:
    """Run one subcommand; the exit code."""
    options = make_parser().parse_args(arguments)
    # The database holds the hub's key and everybody's data: nobody else on the machine reads it.
    os.umask(0o077)
    configure_logs()
    command: Callable[[Settings, argparse.Namespace], int] = options.command
    return command(settings_of(options), options)


def make_parser() -> argparse.ArgumentParser:
    """Every subcommand with its options."""
    parser = argparse.ArgumentParser(prog="zongchuang", description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True, metavar="command")

    def add(
        name: str, run: Callable[[Settings, argparse.Namespace], int]
    ) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=(run.__doc__ or "").splitlines()[0])
        command.set_defaults(command=run)
        command.add_argument("--data", type=Path, help="folder of the database and the photos")
        command.add_argument("--database-url", help="postgresql://…; else SQLite in the folder")
        command.add_argument("--zone", type=Path, help="folder of the zone's files")
        return command

    serving = add("serve", run_serve)
    serving.add_argument("--host", help="address to listen on")
    serving.add_argument("--port", type=int, help="port to listen on")
    serving.add_argument("--static", type=Path, help="folder of the built PWA")
    add("load-zone", run_load_zone)
    code = add("enrol-code", run_enrol_code)
    code.add_argument("point", help="where the device will stand, such as HALL")
    code.add_argument("--kind", choices=("tablet", "desk"), default="tablet")
    account = add("account", run_account)
    account.add_argument("username")
    add("verify", run_verify)
    add("rebuild", run_rebuild)
    add("migrate", run_migrate)
    return parser


def settings_of(options: argparse.Namespace) -> Settings:
    """Options win over the environment, the environment over what is built in."""
    environment = {
        "data": os.environ.get("DATA"),
        "port": os.environ.get("PORT"),
        "host": os.environ.get("HOST"),
        "database_url": os.environ.get("DATABASE_URL"),
    }
    given: dict[str, object] = {key: value for key, value in environment.items() if value}
    for key in ("data", "host", "port", "database_url", "static", "zone"):
        if getattr(options, key, None) is not None:
            given[key] = getattr(options, key)
    defaults = Settings()
    return Settings(
        data=Path(str(given.get("data", defaults.data))),
        host=str(given.get("host", defaults.host)),
        port=int(str(given.get("port", defaults.port))),
        database_url=str(given.get("database_url", defaults.database_url)),
        static=Path(str(given.get("static", defaults.static))),
        zone=Path(str(given.get("zone", defaults.zone))),
    )


def configure_logs() -> None:
    """One JSON object a line, on standard error."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.dict_tracebacks,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def run_serve(settings: Settings, _: argparse.Namespace) -> int:
    """Serve the hub: migrate, load the zone, listen."""
    hub = prepare(settings)
    config = uvicorn.Config(
        make_app(hub, settings.static),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        ws="websockets-sansio",
        # Compression and heartbeats are the protocol's own, in the frames.
        ws_per_message_deflate=False,
        ws_ping_interval=None,
        ws_max_size=2 * FRAME_BYTES_MAX,
        timeout_graceful_shutdown=GRACE_S,
    )
    # Uvicorn raises the signal again once everything is closed: a graceful end is no failure.
    for graceful in (signal.SIGTERM, signal.SIGINT):
        signal.signal(graceful, lambda *_: sys.exit(0))
    # What is there by now stays, and what a push makes dies with it: collecting as often as an
    # idle interpreter does would cost a sixth of the time of every push.
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    HubServer(config, settings, hub).run()
    return 0


class HubServer(uvicorn.Server):
    """Says where it listens once it does: whoever reads that line can connect."""

    def __init__(self, config: uvicorn.Config, settings: Settings, hub: Hub) -> None:
        super().__init__(config)
        self._settings = settings
        self._hub = hub

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then print the welcome, with the port that port 0 became."""
        await super().startup(sockets)
        if self.started:
            port = self.servers[0].sockets[0].getsockname()[1]
            print_welcome(replace(self._settings, port=port), self._hub)


def run_load_zone(settings: Settings, _: argparse.Namespace) -> int:
    """Bring the zone's records and accounts to what its files say."""
    hub = open_here(settings)
    loaded = load_zone(hub, settings.zone)
    print(f"{loaded.records} records and {loaded.accounts} accounts written")
    return 0


def run_enrol_code(settings: Settings, options: argparse.Namespace) -> int:
    """Make a one-time enrolment code, good for ten minutes."""
    made = make_code(open_here(settings), options.point, options.kind, b"")
    if isinstance(made, Refusal):
        return complain(made)
    print(made.code)
    return 0


def run_account(settings: Settings, options: argparse.Namespace) -> int:
    """Set an account's password, read from the terminal or standard input."""
    password = getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    refusal = set_password(open_here(settings), options.username, password)
    return 0 if refusal is None else complain(refusal)


def run_verify(settings: Settings, _: argparse.Namespace) -> int:
    """Check every chain, signature, position, feed and projection; name the first difference."""
    report = verify(open_here(settings))
    if report.difference is not None:
        print(f"DIFFERENCE {report.difference}")
        return 1
    print(f"{report.events} events, {report.feeds} feeds, {report.cases} cases: no difference")
    return 0


def run_rebuild(settings: Settings, _: argparse.Namespace) -> int:
    """Rebuild every projection from the ledger."""
    print(f"{rebuild(open_here(settings))} events folded")
    return 0


def run_migrate(settings: Settings, _: argparse.Namespace) -> int:
    """Bring the database's schema up to date."""
    print(current_revision(open_store(settings).engine))
    return 0


def open_here(settings: Settings) -> Hub:
    """The hub of these settings, migrated, not serving."""
    return open_hub(open_store(settings), Files(settings.attachments))


def complain(refusal: Refusal) -> int:
    """Say why not."""
    print(f"{refusal.code}: {refusal.message}", file=sys.stderr)
    return 1


def print_welcome(settings: Settings, hub: Hub) -> None:
    """The three addresses, and one demo account a role."""
    base = f"http://{settings.host}:{settings.port}"
    rows = [
        ("申请人 applicant", f"{base}/"),
        ("窗口 desk", f"{base}/desk/"),
        ("控制台 console", f"{base}/console/"),
    ]
    for title, address in rows:
        print(f"  {pad(title, 20)}{address}")
    standing = {username for username, _, _ in accounts_of(hub)}
    demo = [one for one in demo_accounts(settings.zone) if one.username in standing]
    if demo:
        print("\n  演示账号 demo accounts")
        for one in demo:
            print(f"  {pad(one.role, 22)}{pad(one.username, 18)}{pad(one.password, 18)}{one.name}")
    sys.stdout.flush()


def pad(text: str, columns: int) -> str:
    """Fill up to a width on the screen, where a Chinese character takes two columns."""
    width = sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
    return text + " " * max(1, columns - width)
