"""The zone's files as an administrator changes and loads them while the hub runs."""

import json
import shutil
from pathlib import Path

from e2e.hub import ROOT, Hub


def withdraw_role(hub: Hub, folder: Path, username: str) -> None:
    """The files say that somebody is no clerk any more; the administrator loads them."""
    zone = Path(shutil.copytree(ROOT / "server" / "zone", folder / "zone"))
    path = zone / "accounts.json"
    said = json.loads(path.read_text(encoding="utf-8"))
    for account in said["accounts"]:
        if account["username"] == username:
            account["roles"] = [{"role": "guide", "point": "HALL"}]
    path.write_text(json.dumps(said, ensure_ascii=False), encoding="utf-8")
    hub.command("load-zone", "--zone", str(zone))
