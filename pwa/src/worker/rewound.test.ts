// A feed that parts from the hub's: what both have stays, on the screen of every tab and in storage; the rest comes anew.

import 'fake-indexeddb/auto';

import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { IndexedStore } from '../store/indexed';
import type { Store } from '../store/port';
import { fromHex } from '../sync/bytes';
import { pack } from '../sync/clock';
import { encodeEvent } from '../sync/event';
import { decodeStanding, type ClientMessage, type HubMessage } from '../sync/messages';
import type { Engine } from './engine';
import type { FakeHub } from './testing/hub';
import { PIN, Profile, until, valueOf } from './testing/profile';

const POINT = 'point:HALL';
const RECEIVE = {
  item: { id: 'I-1', version: 'v1', code: '1'.repeat(31), type_code: '01', case_type: 'instant', mode: 'comprehensive_direct' },
  point: 'HALL', dept: 'SCJG', window: '', receipt_no: '', person: '',
  applicant: { name: '王小明', id_type: 'idcard', id_no: '11010519491231002X', phone: '' },
  fields: {}, materials: [],
};

let profile: Profile;
let hub: FakeHub;
let seq: number;
let said: (ClientMessage | HubMessage)[];

const idOf = (letter: string): string => letter.repeat(32);

/** Colleagues' cases, by the letter of their ids. */
function enter(letters: string): void {
  for (const letter of letters) {
    seq += 1;
    const head = { stream: fromHex(idOf(letter)), hlc: pack(hub.nowMs, seq), actor: hub.account, base: 0, seen: [] };
    hub.enter(13, seq, encodeEvent({ type: 'case.receive', ...head, body: RECEIVE }), [POINT]);
  }
}

const shows = async (engine: Engine, letters: string): Promise<boolean> =>
  (await engine.cases({})).map(({ id }) => id).sort().join() === [...letters].map(idOf).sort().join();

/** A tablet that has read `before`, and a hub that was restored behind that and has gone on otherwise. */
async function parted(store: Store, before: string, kept: number, after: string): Promise<Engine> {
  const engine = await profile.tab(store);
  valueOf(await engine.enrol('CODE', '平板1'));
  const { id } = valueOf(await engine.signIn('li', 'right'));
  valueOf(await engine.setPin(PIN));
  enter(before);
  await hub.grow();
  await until(engine, () => shows(engine, before));
  const second = await profile.tab(store);
  valueOf(await second.unlock(id, PIN));
  expect(await shows(second, before)).toBe(true);
  await profile.cutLine(engine);
  hub.lose(POINT, kept);
  enter(after);
  said = [];
  await profile.restoreLine(engine);
  const now = before.slice(0, kept) + after;
  await until(second, () => shows(second, now));
  await until(engine, () => shows(engine, now));
  const third = await profile.tab(store);
  valueOf(await third.unlock(id, PIN));
  expect(await shows(third, now)).toBe(true);
  return engine;
}

const asked = (): number[] => said.flatMap((message) => (message.type === 'subscribe' && message.feed === POINT ? [message.n] : []));
const brought = (): number => said.flatMap((message) => (message.type === 'page' && message.feed === POINT ? message.entries : [])).length;

beforeEach(async () => {
  profile = await Profile.make();
  ({ hub } = profile);
  seq = 0;
  said = [];
  vi.stubGlobal('fetch', hub.fetch);
  hub.fate = (_, message) => {
    said.push(message);
    return 'pass';
  };
});

afterEach(async () => {
  await profile.close();
  vi.unstubAllGlobals();
});

let databases = 0;

it.each([
  ['memory', (): Promise<Store> => Promise.resolve(profile.store)],
  ['IndexedDB', (): Promise<Store> => IndexedStore.open(`rewound-${String((databases += 1))}`)],
])('keeps what both have and asks only for the rest (%s)', async (_, open) => {
  const store = await open();
  const engine = await parted(store, 'abcde', 3, '0');
  expect(asked()).toEqual([3]);
  expect(brought()).toBe(1);
  expect((await store.findDevice())?.parted).toMatchObject([{ feed: POINT, n: 3 }]);
  // And said to whoever watches over the replicas.
  await profile.cutLine(engine);
  hub.reports.length = 0;
  await profile.restoreLine(engine);
  await vi.waitFor(() => { expect(hub.reports.map(({ standing }) => decodeStanding(standing).parted)).toMatchObject([[{ feed: POINT, n: 3 }]]); });
});

it('fetches all of it where nothing is held in common', async () => {
  await parted(profile.store, 'abc', 0, '01234');
  expect(asked()).toEqual([3, 0]);
  expect((await profile.store.findDevice())?.parted).toMatchObject([{ feed: POINT, n: 0 }]);
});

it('is noticed by a tab that slept while all of it was fetched anew', async () => {
  const engine = await profile.tab();
  valueOf(await engine.enrol('CODE', '平板1'));
  const { id } = valueOf(await engine.signIn('li', 'right'));
  valueOf(await engine.setPin(PIN));
  enter('abc');
  await hub.grow();
  await until(engine, () => shows(engine, 'abc'));
  const asleep = await profile.tab();
  valueOf(await asleep.unlock(id, PIN));
  expect(await shows(asleep, 'abc')).toBe(true);
  const awake = profile.tabs;
  profile.tabs = awake.slice(0, 1);
  await profile.cutLine(engine);
  hub.lose(POINT, 0);
  enter('012');
  await profile.restoreLine(engine);
  await until(engine, () => shows(engine, '012'));
  profile.tabs = awake;
  awake.at(-1)?.({ kind: 'stored', changes: [{ kind: 'status' }] });
  await until(asleep, () => shows(asleep, '012'));
});

it('asks for more than it must where a print is wrong', async () => {
  hub.fate = (way, message) => {
    said.push(message);
    // The last of the prints is another than it was: one entry too few is held to be common.
    if (way === 'down' && message.type === 'prints') message.prints.fill(0, message.prints.length - 4);
    return 'pass';
  };
  await parted(profile.store, 'abcde', 4, '');
  expect(asked()).toEqual([3]);
});
