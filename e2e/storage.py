"""What lies in a tablet's IndexedDB, by the browser's own calls: put back as earlier versions kept it, or moved on."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page

from e2e.desk import Desk

# Everything is read, the database made anew under the older number, each row written without what was not kept then.
_LEAVE = """async ({ number, inTheWay }) => {
  const done = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const older = {
    device: ({ relays, revokedMs, ...row }) => ({ ...row, epoch: 'ab'.repeat(16) }),
    clock: ({ hlc, hubMs, offsetMs }) => ({ hlc, hubMs, offsetMs }),
    feeds: ({ feed, n, hash }) => ({ feed, n, hash }),
    drafts: ({ photos, ...row }) => row,
    users: ({ pass, ...row }) => row,
  };
  const before = await done(indexedDB.open('zongchuang'));
  const tables = [...before.objectStoreNames].filter((name) => number >= 20 || name !== 'former');
  const read = before.transaction(tables);
  const kept = [];
  for (const name of tables) {
    const store = read.objectStore(name);
    const indexes = [...store.indexNames].map((index) => [index, store.index(index).keyPath]);
    const [keys, rows] = [await done(store.getAllKeys()), await done(store.getAll())];
    const keyPath = name !== 'counters' ? store.keyPath : inTheWay ? null : 'day';
    kept.push({ name, keyPath, indexes, keys, rows: rows.map(older[name] ?? ((row) => row)) });
  }
  before.close();
  await done(indexedDB.deleteDatabase('zongchuang'));
  const opening = indexedDB.open('zongchuang', number);
  opening.onupgradeneeded = () => {
    for (const { name, keyPath, indexes } of kept) {
      const store = opening.result.createObjectStore(name, keyPath === null ? {} : { keyPath });
      for (const [index, path] of indexes) store.createIndex(index, path);
    }
  };
  const after = await done(opening);
  const write = after.transaction(tables, 'readwrite', { durability: 'strict' });
  for (const { name, keyPath, keys, rows } of kept) {
    rows.forEach((row, at) => write.objectStore(name).add(row, keyPath === null ? keys[at] : undefined));
  }
  await new Promise((resolve, reject) => { write.oncomplete = resolve; write.onabort = () => reject(write.error); });
  after.close();
}"""

_MOVE_ON = """(number) => new Promise((resolve, reject) => {
  const opening = indexedDB.open('zongchuang', number);
  opening.onupgradeneeded = () => opening.result.createObjectStore('later');
  opening.onerror = () => reject(opening.error);
  opening.onsuccess = () => { opening.result.close(); resolve(); };
})"""

# An upgrade ends when nothing more is asked of it.
_HOLD = """(number) => new Promise((resolve, reject) => {
  const opening = indexedDB.open('zongchuang', number);
  opening.onerror = () => reject(opening.error);
  opening.onsuccess = () => opening.result.close();
  opening.onupgradeneeded = () => {
    const table = opening.result.createObjectStore('later');
    const hold = () => { if (!window.released) table.get(1).onsuccess = hold; };
    hold();
    resolve();
  };
})"""

_NUMBER = (
    "async () => (await indexedDB.databases()).find(({ name }) => name === 'zongchuang').version"
)


def leave_as(tablet: Desk, number: int, *, in_the_way: bool = False) -> None:
    """Leaves the app with its data as the version of this number kept it; `in_the_way`: so that no upgrade goes."""
    _stand_aside(tablet.page)
    tablet.page.evaluate(_LEAVE, {"number": number, "inTheWay": in_the_way})


def number_of(tablet: Desk) -> int:
    """The number of what is kept."""
    number = tablet.page.evaluate(_NUMBER)
    assert isinstance(number, int)
    return number


def move_on(tablet: Desk, number: int) -> None:
    """A newer program, in another tab, brings the data into its shape."""
    page = tablet.context.new_page()
    page.goto(_stylesheet(tablet.page))
    page.evaluate(_MOVE_ON, number)
    page.close()


@contextmanager
def held(tablet: Desk, number: int) -> Iterator[None]:
    """Another tab brings the data into a newer shape and does not come to an end: nobody else can open it meanwhile."""
    page = tablet.context.new_page()
    page.goto(_stylesheet(tablet.page))
    page.evaluate(_HOLD, number)
    yield
    page.evaluate("() => { window.released = true }")
    page.close()


def _stand_aside(page: Page) -> None:
    """Goes where the app does not run and its data can be reached, with the line cut too."""
    page.goto(_stylesheet(page))


def _stylesheet(page: Page) -> str:
    # A file by itself has no icon, and the browser asks for one.
    page.context.route("**/favicon.ico", lambda route: route.fulfill(status=204))
    address = page.evaluate("() => document.querySelector('link[rel=stylesheet]').href")
    assert isinstance(address, str)
    return address
