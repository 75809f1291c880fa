// A right that is withdrawn: what it let this device hold goes from screen and storage; what was written here stays.

import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import type { MemoryStore } from '../store/memory';
import type { UserRow } from '../store/port';
import { fromHex } from '../sync/bytes';
import { pack } from '../sync/clock';
import { encodeEvent } from '../sync/event';
import type { Engine } from './engine';
import type { FakeHub } from './testing/hub';
import { draft, Profile, takeIn, until, valueOf } from './testing/profile';

const POINT = 'point:HALL';
const THEIRS = 'cc'.repeat(16);
const OWN = 'ee'.repeat(16);
const RECEIVE = {
  item: { id: 'I-1', version: 'v1', code: '1'.repeat(31), type_code: '01', case_type: 'instant', mode: 'comprehensive_direct' },
  point: 'HALL', dept: 'SCJG', window: '', receipt_no: 'JK-HALL-13-20261123-0001-X', person: '',
  applicant: { name: '王小明', id_type: 'idcard', id_no: '11010519491231002X', phone: '' },
  fields: {}, materials: [],
};

let profile: Profile;
let hub: FakeHub;
let store: MemoryStore;

const start = (): Promise<Engine> => profile.tab();

const shown = async (engine: Engine): Promise<string[]> => (await engine.cases({})).map(({ id }) => id);
const held = async (): Promise<number> => (await store.pages(POINT, 0)).length;

/** A tablet with a colleague's case here, and a draft of its own clerk. */
async function atWork(): Promise<Engine> {
  const engine = await start();
  expect((await engine.enrol('CODE', '平板1')).ok).toBe(true);
  expect((await engine.signIn('li', 'right')).ok).toBe(true);
  await until(engine, async () => (await shown(engine)).includes(THEIRS));
  expect((await engine.saveDraft({ id: 'aa'.repeat(16), itemId: 'I-1', window: '', fields: {}, materials: [], updatedMs: 0 })).ok).toBe(true);
  return engine;
}

async function withdrawOffline(engine: Engine): Promise<void> {
  await profile.cutLine(engine);
  hub.readable = ['zone'];
  await profile.restoreLine(engine);
}

beforeEach(async () => {
  profile = await Profile.make();
  ({ hub, store } = profile);
  vi.stubGlobal('fetch', hub.fetch);
  const event = encodeEvent({ type: 'case.receive', stream: fromHex(THEIRS), hlc: pack(hub.nowMs, 0), actor: hub.account, base: 0, seen: [], body: RECEIVE });
  hub.enter(13, 1, event, [POINT]);
});

afterEach(async () => {
  await profile.close();
  vi.unstubAllGlobals();
});

it('goes from screen and storage at once while the line is up, drafts and other feeds staying', async () => {
  const engine = await atWork();
  expect(await held()).toBeGreaterThan(0);
  hub.readable = ['zone'];
  await hub.say({ type: 'fault', code: 'feed-not-entitled', about: POINT, detail: '', seq: 0 });
  await until(engine, async () => !(await shown(engine)).includes(THEIRS));
  expect(await held()).toBe(0);
  expect((await store.feeds()).map(({ feed }) => feed)).toEqual(['zone']);
  expect(await shown(engine)).toEqual(['aa'.repeat(16)]);
  expect(await engine.caseView(THEIRS)).toBeNull();
});

it('goes with the next greeting when it was withdrawn behind a cut line', async () => {
  const engine = await atWork();
  await withdrawOffline(engine);
  await until(engine, async () => !(await shown(engine)).includes(THEIRS) && (await held()) === 0);
  expect((await store.users())[0]?.feeds).toEqual(['zone']);
});

it('leaves what was written here and not sent', async () => {
  const engine = await atWork();
  hub.fate = (way, { type }) => (way === 'up' && type === 'push' ? 'lose' : 'pass');
  expect(await engine.edit(THEIRS, { name: '改' }, [])).toMatchObject({ ok: true });
  await withdrawOffline(engine);
  await until(engine, async () => (await held()) === 0);
  expect(await store.log(0)).toMatchObject([{ stream: THEIRS, acked: false }]);
  expect(await engine.status()).toMatchObject({ unsent: 1 });
  expect(await engine.outbox()).toMatchObject([{ type: 'case.edit' }]);
  expect(await store.findDraft('aa'.repeat(16))).not.toBeNull();
});

it('stays stored for a colleague who may read it here, and is not shown to whoever may not', async () => {
  const engine = await atWork();
  const [clerk] = await store.users();
  const colleague: UserRow = { ...(clerk as UserRow), id: 'dd'.repeat(16), feeds: ['zone', POINT] };
  await store.putUser(colleague);
  await withdrawOffline(engine);
  await until(engine, async () => !(await shown(engine)).includes(THEIRS));
  expect(await held()).toBeGreaterThan(0);
});

it('goes when the colleague can no longer unlock', async () => {
  const engine = await atWork();
  const [clerk] = await store.users();
  await store.putUser({ ...(clerk as UserRow), id: 'dd'.repeat(16), feeds: ['zone', POINT], grantUntilMs: hub.nowMs });
  await withdrawOffline(engine);
  await until(engine, async () => (await held()) === 0);
});

it('goes from every tab', async () => {
  const engine = await atWork();
  const second = await start();
  await until(second, async () => (await shown(second)).includes(THEIRS));
  await withdrawOffline(engine);
  await until(second, async () => !(await shown(second)).includes(THEIRS));
});

it('comes back from its beginning when the right is given again', async () => {
  const engine = await atWork();
  await withdrawOffline(engine);
  await until(engine, async () => (await held()) === 0);
  hub.readable = ['zone', POINT];
  hub.cut();
  await engine.syncNow();
  await until(engine, async () => (await shown(engine)).includes(THEIRS));
});

it('is neither listed nor judged by the steps that the hub took of it', async () => {
  const engine = await atWork();
  valueOf(await engine.edit(THEIRS, { name: '改' }, []));
  await until(engine, async () => (await engine.caseView(THEIRS))?.tick === 3);
  await withdrawOffline(engine);
  await until(engine, async () => (await held()) === 0);
  expect(await store.log(0)).toMatchObject([{ stream: THEIRS, state: 'accepted', acked: true }]);
  expect(await shown(engine)).toEqual(['aa'.repeat(16)]);
  expect(await engine.caseView(THEIRS)).toBeNull();
  expect(await engine.status()).toMatchObject({ attention: 0, unsent: 0, refused: 0 });
});

it('leaves an own case without a state that it has left since', async () => {
  const engine = await atWork();
  await takeIn(engine, draft(OWN));
  await until(engine, async () => (await engine.caseView(OWN))?.tick === 3);
  const at = { stream: fromHex(OWN), hlc: pack(hub.nowMs + 1, 0), actor: hub.colleague, base: 0, seen: [] };
  hub.enter(13, 2, encodeEvent({ type: 'case.accept', ...at, body: { opinion: '同意' } }), [POINT]);
  await hub.grow();
  await until(engine, async () => (await engine.caseView(OWN))?.state === 'accepted');
  await withdrawOffline(engine);
  await until(engine, async () => (await held()) === 0);
  expect((await engine.cases({})).find(({ id }) => id === OWN)).toMatchObject({ state: 'away', tick: 3, applicantName: '王小明' });
  expect(await engine.caseView(OWN)).toMatchObject({ state: 'away', actions: [], next: [], mayEdit: false, renewal: null });
  expect(await engine.cases({ group: 'todo' })).toEqual([]);
  expect((await engine.status()).attention).toBe(0);
});

it('keeps the hub’s verdict on own steps, whatever is made of them here without the rest', async () => {
  const engine = await atWork();
  await takeIn(engine, draft(OWN));
  await until(engine, async () => (await engine.caseView(OWN))?.tick === 3);
  const at = { stream: fromHex(OWN), hlc: pack(hub.nowMs + 1, 0), actor: hub.colleague, base: 0, seen: [] };
  hub.enter(13, 2, encodeEvent({ type: 'case.request_correction', ...at, body: { reason: '缺', missing: [{ kind: 'field', id: 'x', note: '' }] } }), [POINT]);
  await hub.grow();
  await until(engine, async () => (await engine.caseView(OWN))?.state === 'correction_pending');
  valueOf(await engine.act(OWN, 'case.supplement', { materials: [], fields: { businessScope: '零售' } }));
  await until(engine, async () => (await engine.caseView(OWN))?.tick === 3);
  await withdrawOffline(engine);
  await until(engine, async () => (await held()) === 0);
  const view = await engine.caseView(OWN);
  expect(view?.history.map(({ type, effect }) => [type, effect])).toEqual([['case.receive', 'applied'], ['case.supplement', 'applied']]);
  expect(view?.voided).toBe(0);
});
