"""In Chromium, on http://127.0.0.1: a `__Host-` cookie is kept, sent with calls and sockets, hidden from scripts."""

import json
from collections.abc import Callable

from playwright.sync_api import Playwright

from sync import chain
from sync.codec import decode_frame, encode_frame
from sync.messages import Welcome, decode_hub_message, encode_message
from tests.server.client import PASSWORD, Client, b64, un64
from tests.server.process import HubProcess

LAUNCH = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
CALL = """async ([path, body, account]) => {
  const headers = { 'Content-Type': 'application/json', 'Zc-Account': account }
  const answer = await fetch(path, { method: body ? 'POST' : 'GET', headers, body: body || undefined })
  return answer.json()
}"""
SOCKET = """(frame) => new Promise((resolve, reject) => {
  const socket = new WebSocket(location.origin.replace('http', 'ws') + '/sync/ws')
  socket.binaryType = 'arraybuffer'
  socket.onopen = () => socket.send(new Uint8Array(frame))
  socket.onerror = () => reject(new Error('no line'))
  socket.onmessage = (event) => { resolve([...new Uint8Array(event.data)]); socket.close() }
})"""


def test_chromium_keeps_and_sends_it(
    hub: HubProcess, new_device: Callable[..., Client], playwright: Playwright
) -> None:
    device = new_device("HALL")
    challenge = device.http.post("/api/challenge").json()["challenge"]
    tablet = device.tablet
    statement = chain.sign_in_statement(
        tablet.zone, tablet.number, un64(challenge), "dating.shouli1"
    )
    browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=LAUNCH)
    page = browser.new_page()
    page.goto(f"{hub.base}/health")
    ask = {
        "username": "dating.shouli1",
        "password": PASSWORD,
        "device": tablet.number,
        "challenge": challenge,
        "signature": b64(tablet.key.sign(statement)),
    }
    said = page.evaluate(CALL, ["/api/sign-in", json.dumps(ask), ""])
    account = said["account"]["id"]
    assert page.evaluate(CALL, ["/api/me", "", account])["account"]["username"] == "dating.shouli1"
    assert page.evaluate("() => document.cookie") == ""
    device.account = bytes.fromhex(account)
    frame = encode_frame(encode_message(device.hello()))
    answer = bytes(page.evaluate(SOCKET, list(frame)))
    welcome = decode_hub_message(decode_frame(answer))
    assert isinstance(welcome, Welcome) and welcome.session
    browser.close()
