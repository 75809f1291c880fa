"""Every table of the hub, as SQLAlchemy Core sees it; the migrations create the same (tests/migrations compares them).

Three kinds: the record (ledger, parked, feeds, devices' heads), which nothing can rebuild; projections, written in the
transaction that appends to the ledger and rebuilt from it by `zongchuang rebuild`; and what is no event at all
(credentials, sessions, codes, counters, files). Columns with `personal=True` hold data about applicants.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects import sqlite

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMING)

# SQLite makes a primary key the row's own number only when its type is spelt INTEGER.
Big = BigInteger().with_variant(sqlite.INTEGER(), "sqlite")


def big(name: str, *args: Any, **kwargs: Any) -> Column[int]:
    """A whole number up to 2^63: positions, sequence numbers, milliseconds."""
    return Column(name, Big, *args, nullable=False, **kwargs)


def blob(name: str, *args: Any, **kwargs: Any) -> Column[bytes]:
    """Bytes: ids, hashes, keys, events."""
    return Column(name, LargeBinary, *args, nullable=False, **kwargs)


def words(name: str, *args: Any, personal: bool = False, **kwargs: Any) -> Column[str]:
    """Text, never null: empty says that there is none."""
    return Column(name, Text, *args, nullable=False, info={"personal": personal}, **kwargs)


# --- the record ----------------------------------------------------------

zone = Table(
    "zone",
    metadata,
    Column("id", Integer, CheckConstraint("id = 1", name="one_row"), primary_key=True),
    blob("zone"),
    words("name"),
    big("position"),
    blob("chain"),
    blob("hlc"),
    words("loaded"),  # the digest of the zone files that were loaded last
    big("access"),  # grows whenever somebody's rights may have changed: readers ask again
)
device = Table(
    "device",
    metadata,
    Column("number", Big, primary_key=True, autoincrement=False),
    blob("stream", unique=True),
    Column("suite", Integer, nullable=False),
    blob("public_key"),
    words("point"),
    words("kind"),
    words("name"),
    big("seq"),
    blob("link"),
    big("revoked_ms", server_default="0"),
    words("revoked_reason", server_default=""),
    big("forked_ms", server_default="0"),
    big("last_contact_ms", server_default="0"),
    big("unsent", server_default="0"),
    big("refused", server_default="0"),
    big("unsent_attachments", server_default="0"),
    words("app_version", server_default=""),
    big("clock_offset_ms", server_default="0"),
    words("address", server_default=""),  # of a relay: where it listens
    blob("hlc", server_default=""),
    big("former", server_default="0"),  # the device that it was before it was enrolled anew
    blob("standing", server_default=""),  # a Standing as the device last reported it; empty: none
)
ledger = Table(
    "ledger",
    metadata,
    Column("position", Big, primary_key=True, autoincrement=False),
    big("device"),
    big("seq"),
    blob("stream"),
    words("type"),
    big("hub_ms"),
    words("verdict"),
    blob("event"),
    blob("link"),
    blob("chain"),
    Index("uq_ledger_device_seq", "device", "seq", unique=True),
    Index("ix_ledger_stream_position", "stream", "position"),
)
# The condition of a partial index is said in every query that is to use it: SQLite does not see through a bound value.
REFUSED = "verdict <> 'ok'"
Index(
    "ix_ledger_refused",
    ledger.c.position,
    sqlite_where=text(REFUSED),
    postgresql_where=text(REFUSED),
)
parked = Table(
    "parked",
    metadata,
    Column("device", Big, primary_key=True, autoincrement=False),
    Column("seq", Big, primary_key=True, autoincrement=False),
    blob("stream"),
    words("type"),
    words("reason"),
    big("received_ms"),
    blob("event"),
    blob("link"),
    Index("ix_parked_stream", "stream"),
)
# What a parked event waits for, so that the arrival of its cause finds it.
parked_cause = Table(
    "parked_cause",
    metadata,
    Column("cause_device", Big, primary_key=True, autoincrement=False),
    Column("cause_seq", Big, primary_key=True, autoincrement=False),
    Column("device", Big, primary_key=True, autoincrement=False),
    Column("seq", Big, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)
push_signature = Table(
    "push_signature",
    metadata,
    Column("device", Big, primary_key=True, autoincrement=False),
    Column("seq", Big, primary_key=True, autoincrement=False),
    blob("link"),
    blob("signature"),
    sqlite_with_rowid=False,
)
fork = Table(
    "fork",
    metadata,
    Column("device", Big, ForeignKey("device.number"), primary_key=True, autoincrement=False),
    Column("link", LargeBinary, primary_key=True),
    big("first_seq"),
    big("length"),
    big("received_ms"),
    blob("push"),  # the whole push message as it came: both branches are kept
)
feed = Table(
    "feed",
    metadata,
    Column("id", Big, primary_key=True, autoincrement=False),
    words("name", unique=True),
    big("n"),
    blob("hash"),
)
feed_entry = Table(
    "feed_entry",
    metadata,
    Column("feed", Big, ForeignKey("feed.id"), primary_key=True, autoincrement=False),
    Column("n", Big, primary_key=True, autoincrement=False),
    big("position"),
    blob("hash"),
    sqlite_with_rowid=False,
)
stream_feed = Table(
    "stream_feed",
    metadata,
    Column("stream", LargeBinary, primary_key=True),
    Column("feed", Big, ForeignKey("feed.id"), primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

# --- projections ----------------------------------------------------------

case_record = Table(
    "case_record",
    metadata,
    Column("stream", LargeBinary, primary_key=True),
    big("position"),  # of the last event that was folded
    words("state"),
    words("item"),
    words("point"),
    words("dept"),
    words("window"),
    words("receipt_no"),
    words("case_no"),
    words("person"),
    words("applicant_name", personal=True),
    words("id_last4", personal=True),
    big("opened_ms"),
    big("updated_ms"),
    big("void_count"),
    big("unknown_count"),
    big("conflict_count"),
    big("photos_missing"),
    Column(
        "fold", LargeBinary, nullable=False, info={"personal": True}
    ),  # state bytes, protocol section 8
)
RECEIPT_GIVEN = "receipt_no <> ''"
for _column, _given in (("receipt_no", RECEIPT_GIVEN), ("case_no", "case_no <> ''")):
    Index(
        f"uq_case_record_{_column}",
        case_record.c[_column],
        unique=True,
        sqlite_where=text(_given),
        postgresql_where=text(_given),
    )
void_event = Table(
    "void_event",
    metadata,
    Column("position", Big, primary_key=True, autoincrement=False),
    words("effect"),  # void | unknown
    words("code"),
)
record = Table(
    "record",
    metadata,
    Column("stream", LargeBinary, primary_key=True),
    words("type"),
    words("id"),
    big("position"),
    blob("record"),
    Index("ix_record_type_id", "type", "id"),
)
item_version = Table(
    "item_version",
    metadata,
    Column("item", Text, primary_key=True),
    Column("version", Text, primary_key=True),
    big("position"),
    blob("record"),
)
account = Table(
    "account",
    metadata,
    Column("stream", LargeBinary, primary_key=True),
    big("position"),
    words("username", index=True),
    blob("body"),  # AccountSet as MessagePack
)
grant_span = Table(
    "grant_span",
    metadata,
    Column("position", Big, primary_key=True, autoincrement=False),
    blob("account"),
    big("device"),
    big("from_ms"),
    big("until_ms"),
    Index("ix_grant_span_account_device", "account", "device"),
    Index("ix_grant_span_device", "device"),  # asked of every push
)
attachment_use = Table(
    "attachment_use",
    metadata,
    Column("sha256", LargeBinary, primary_key=True),
    Column("stream", LargeBinary, primary_key=True),
    Column("told", Boolean, nullable=False),  # the case knows that the hub holds the bytes
    Index("ix_attachment_use_stream", "stream"),  # asked of every push with photos
)

# --- what is no event ----------------------------------------------------------

hub_secret = Table("hub_secret", metadata, Column("name", Text, primary_key=True), blob("value"))
escrow_key = Table(
    "escrow_key",
    metadata,
    Column("device", Big, ForeignKey("device.number"), primary_key=True, autoincrement=False),
    Column("account", LargeBinary, primary_key=True),  # empty: the tablet's own
    blob("key"),
)
credential = Table(
    "credential",
    metadata,
    Column("account", LargeBinary, primary_key=True),
    words("password_hash"),
    big("changed_ms"),
)
session = Table(
    "session",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    blob("account"),
    big("device"),  # 0: in a browser that is no device
    big("from_ms"),
    big("until_ms"),
    Index("ix_session_account_device", "account", "device"),
)
challenge = Table(
    "challenge",
    metadata,
    Column("challenge_hash", LargeBinary, primary_key=True),
    big("until_ms"),
)
enrolment_code = Table(
    "enrolment_code",
    metadata,
    Column("code_hash", LargeBinary, primary_key=True),
    words("point"),
    words("kind"),
    blob("created_by"),
    big("created_ms"),
    big("until_ms"),
    big("used_ms"),
    big("device"),
)
case_serial = Table(
    "case_serial",
    metadata,
    Column("code", Text, primary_key=True),
    Column("date", Text, primary_key=True),
    big("serial"),
)
attachment = Table(
    "attachment",
    metadata,
    Column("sha256", LargeBinary, primary_key=True),
    big("size"),
    words("mime"),
    big("device"),
    big("stored_ms"),
)
# A photo on its way up. Its bytes lie beside their count, so that one transaction moves both.
upload = Table(
    "upload",
    metadata,
    Column("device", Big, primary_key=True, autoincrement=False),
    Column("sha256", LargeBinary, primary_key=True),
    big("size"),
    big("received"),
    big("until_ms"),
)
upload_part = Table(
    "upload_part",
    metadata,
    Column("device", Big, primary_key=True, autoincrement=False),
    Column("sha256", LargeBinary, primary_key=True),
    Column("at", Big, primary_key=True, autoincrement=False),
    blob("content"),
)
backup = Table(
    "backup",
    metadata,
    Column("taken_ms", Big, primary_key=True, autoincrement=False),
    big("position"),
    big("photos"),
    big("bytes"),
)
throttle = Table(
    "throttle",
    metadata,
    Column("key_hash", LargeBinary, primary_key=True),
    big("failures"),
    big("retry_at_ms"),
)

# --- a point's relay: in its own database, in which nothing above is used ---------------------------

relay_identity = Table(
    "relay_identity",
    metadata,
    Column("id", Integer, CheckConstraint("id = 1", name="one_row"), primary_key=True),
    big("device"),
    blob("zone"),
    words("point"),
    blob("hub_key"),
    blob("private_key"),
    blob("journal"),  # names this journal: a relay that begins again has another
    big("epoch"),  # the newest that the hub has signed; 0: it was not met yet
    blob("epoch_proof"),  # its signature over that
    big("hub_ms"),  # the newest hub time seen
    big("last_n"),  # the last place given in the journal
)
relay_feed = Table(
    "relay_feed",
    metadata,
    Column("name", Text, primary_key=True),
    big("n"),
    blob("hash"),
)
relay_entry = Table(
    "relay_entry",
    metadata,
    Column("feed", Text, primary_key=True),
    Column("n", Big, primary_key=True, autoincrement=False),
    big("position"),
    big("device"),
    big("seq"),
    big("hub_ms"),
    blob("event"),
    blob("hash"),
    Index("ix_relay_entry_device_seq", "device", "seq"),
)
# The hub's signature over a feed as it was at the end of each page that came.
relay_head = Table(
    "relay_head",
    metadata,
    Column("feed", Text, primary_key=True),
    Column("n", Big, primary_key=True, autoincrement=False),
    blob("hash"),
    blob("signature"),
)
# What devices of the point pushed, and what the hub said of it, as it came.
relay_journal = Table(
    "relay_journal",
    metadata,
    Column("n", Big, primary_key=True, autoincrement=False),
    words("kind"),  # push | ack | fork
    big("device"),
    big("first_seq"),
    big("last_seq"),
    blob("link"),  # of a push: after last_seq
    blob("message"),
    big("at_ms"),
    big("settled_ms"),  # of a push: when the hub's word on it came; 0: not yet
    Index("ix_relay_journal_device_last_seq", "device", "last_seq"),
)
