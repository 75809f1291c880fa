// Work that the hub refused for its author's right alone is written anew by whoever has the right, once; and what came to
// nothing is told beside the case, until somebody has done it or taken note of it.

import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { fromHex } from '../sync/bytes';
import { pack } from '../sync/clock';
import { decodeHead, encodeEvent, findBody } from '../sync/event';
import type { Engine } from './engine';
import type { FakeHub } from './testing/hub';
import { CASE, CLERK, draft, photographed, Profile, takeIn, until, valueOf, whenStatus } from './testing/profile';

const PHOTO = Uint8Array.from({ length: 3_000 }, (_, i) => i % 251);

let profile: Profile;
let hub: FakeHub;

const written = (device = 12): string[] => (hub.logs.get(device)?.events ?? []).map((event) => decodeHead(event).type);
const receiptsOf = (device = 12): string[] => (hub.logs.get(device)?.events ?? []).flatMap((event) => {
  const typed = findBody(decodeHead(event));
  return typed?.type === 'case.receive' ? [typed.body.receipt_no] : [];
});
const renewalOf = async (engine: Engine): Promise<string | null | undefined> => (await engine.caseView(CASE))?.renewal;
const openSteps = async (engine: Engine): Promise<string[]> => ((await engine.caseView(CASE))?.history ?? []).filter(({ open }) => open).map(({ type }) => type);

function setRoles(id: Uint8Array<ArrayBuffer>, username: string, name: string, roles: (typeof CLERK)[]): void {
  hub.publish('account.set', id, { username, name, roles, closed: false });
}

const refuse = (code: string): void => {
  hub.judge = () => ({ code, parked: false });
};

/** A case with a photograph and an edit, taken in behind a cut line by somebody whose right is withdrawn meanwhile. */
async function takenInWithoutRight(code = 'not-entitled'): Promise<{ engine: Engine; receiptNo: string }> {
  const engine = await profile.atWork();
  await profile.cutLine(engine);
  const { receiptNo } = await takeIn(engine, draft(CASE, await photographed(engine, PHOTO)));
  valueOf(await engine.edit(CASE, { businessScope: '零售' }, []));
  setRoles(hub.account, 'li', '李受理', []);
  refuse(code);
  await profile.restoreLine(engine);
  await until(engine, async () => (await engine.caseView(CASE))?.history.every(({ effect }) => effect === 'refused') ?? false);
  await until(engine, async () => (await renewalOf(engine)) === 'not-entitled');
  hub.judge = () => ({ code: 'ok', parked: false });
  return { engine, receiptNo };
}

async function colleagueComes(engine: Engine): Promise<void> {
  setRoles(hub.colleague, 'zhao', '赵受理', [CLERK]);
  valueOf(await engine.signIn('zhao', 'right'));
  await until(engine, async () => (await renewalOf(engine)) === '');
}

beforeEach(async () => {
  profile = await Profile.make();
  ({ hub } = profile);
  vi.stubGlobal('fetch', hub.fetch);
});

afterEach(async () => {
  await profile.close();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

it.each(['not-entitled', 'grant-expired'])('a refused receipt (%s) is written anew by a colleague, whole and once, in two tabs', async (code) => {
  const { engine, receiptNo } = await takenInWithoutRight(code);
  expect(await engine.caseView(CASE)).toMatchObject({ state: 'not_taken', tick: 1, next: [], actions: [] });
  expect(await engine.status()).toMatchObject({ attention: 1, refused: 2, former: 0 });
  expect(await engine.renew(CASE)).toEqual({ ok: false, code: 'not-entitled' });
  await colleagueComes(engine);
  const beside = await profile.tab();
  await until(beside, async () => (await renewalOf(beside)) === '');
  for (const result of await Promise.all([engine.renew(CASE), beside.renew(CASE)])) valueOf(result);
  await until(engine, async () => (await engine.caseView(CASE))?.tick === 3);
  expect(written().filter((type) => type !== 'grant.show')).toEqual(['case.receive', 'case.edit', 'case.receive', 'case.edit']);
  expect(receiptsOf()).toEqual([receiptNo, receiptNo]);
  expect([...hub.uploads.stored.values()]).toEqual([PHOTO]);
  for (const tab of [engine, beside]) {
    await until(tab, async () => (await renewalOf(tab)) === null);
    expect(await tab.status()).toMatchObject({ attention: 0, refused: 0, unsent: 0 });
    expect(await tab.outbox()).toEqual([]);
    expect(await openSteps(tab)).toEqual([]);
  }
  const view = await engine.caseView(CASE);
  expect(view).toMatchObject({ state: 'received', receiptNo, refused: [], photosMissing: 0 });
  expect(view?.fields['businessScope']?.map(({ value }) => value)).toEqual(['零售']);
  // Who wrote it first is still told.
  expect(view?.history.map(({ type, effect, author }) => [type, effect, author])).toEqual(expect.arrayContaining([
    ['case.receive', 'refused', '李受理'], ['case.edit', 'refused', '李受理'], ['case.receive', 'applied', '赵受理'], ['case.edit', 'applied', '赵受理'],
  ]));
});

it('is finished after a reload in the middle', async () => {
  const { engine } = await takenInWithoutRight();
  await colleagueComes(engine);
  await profile.cutLine(engine);
  const append = profile.store.append.bind(profile.store);
  let left = 1;
  vi.spyOn(profile.store, 'append').mockImplementation((one) => {
    left -= 1;
    return left >= 0 ? append(one) : Promise.resolve({ ok: false, code: 'storage-failed', detail: 'cut off' });
  });
  expect(await engine.renew(CASE)).toMatchObject({ ok: false, code: 'storage-failed' });
  vi.mocked(profile.store.append).mockImplementation(append);
  expect((await engine.status()).attention).toBe(1);
  await engine.close();
  hub.down = false;
  const again = await profile.tab();
  valueOf(await again.signIn('zhao', 'right'));
  await until(again, async () => (await renewalOf(again)) === '');
  valueOf(await again.renew(CASE));
  await until(again, async () => (await again.caseView(CASE))?.tick === 3);
  expect(written().filter((type) => type !== 'grant.show')).toEqual(['case.receive', 'case.edit', 'case.receive', 'case.edit']);
  expect(await again.status()).toMatchObject({ attention: 0, refused: 0, unsent: 0 });
});

it('is written anew by the same person once the right is there again, also after that was refused once more', async () => {
  const { engine, receiptNo } = await takenInWithoutRight('grant-expired');
  setRoles(hub.account, 'li', '李受理', [CLERK]);
  await hub.grow();
  await until(engine, async () => (await renewalOf(engine)) === '');
  refuse('grant-expired');
  valueOf(await engine.renew(CASE));
  await until(engine, async () => (await engine.caseView(CASE))?.refused.length === 2 && (await renewalOf(engine)) === '');
  expect(await engine.status()).toMatchObject({ attention: 1, refused: 2 });
  hub.judge = () => ({ code: 'ok', parked: false });
  valueOf(await engine.renew(CASE));
  await until(engine, async () => (await engine.caseView(CASE))?.tick === 3);
  expect(receiptsOf()).toEqual([receiptNo, receiptNo, receiptNo]);
  expect(written()).toHaveLength(6);
  expect(await engine.status()).toMatchObject({ attention: 0, refused: 0 });
});

it('is not lost when the tablet is enrolled anew', async () => {
  const { engine, receiptNo } = await takenInWithoutRight();
  hub.revoked.add(12);
  hub.cut();
  await whenStatus(engine, ({ revokedMs }) => revokedMs > 0);
  valueOf(await engine.enrolAnew('CODE'));
  setRoles(hub.colleague, 'zhao', '赵受理', [CLERK]);
  valueOf(await engine.signIn('zhao', 'right'));
  await whenStatus(engine, ({ former, formerRead }) => formerRead && former === 1);
  expect(valueOf(await engine.former())).toMatchObject([{ caseId: CASE, receiptNo, renumbered: false }]);
  valueOf(await engine.renew(CASE));
  await until(engine, async () => (await engine.caseView(CASE))?.tick === 3);
  expect(receiptsOf(13)).toEqual([receiptNo]);
});

it('who loses a role is told so, as soon as the zone’s records say it and after a reload, and until the next sign-in', async () => {
  const engine = await profile.atWork();
  expect(await engine.status()).toMatchObject({ lostRoles: [], account: { roles: [{ role: 'window_clerk' }] } });
  hub.nowMs += 1_000;
  setRoles(hub.account, 'li', '李受理', []);
  await hub.grow();
  const told = { lostRoles: [{ role: 'window_clerk', point: 'HALL', dept: '' }], account: { roles: [] } };
  await whenStatus(engine, ({ lostRoles }) => lostRoles.length > 0);
  expect(await engine.status()).toMatchObject(told);
  valueOf(await engine.saveDraft(draft()));
  expect(await engine.receive(CASE)).toEqual({ ok: false, code: 'not-entitled' });
  expect(valueOf(await engine.draft(CASE)).id).toBe(CASE);
  const beside = await profile.tab();
  await whenStatus(beside, ({ account }) => account !== null);
  expect(await beside.status()).toMatchObject(told);
  hub.nowMs += 1_000;
  setRoles(hub.account, 'li', '李受理', [CLERK]);
  await hub.grow();
  await whenStatus(engine, ({ lostRoles, account }) => lostRoles.length === 0 && account?.roles.length === 1);
});

/** The hub has the case; its clerk's next act is refused. */
async function refusedAct(): Promise<Engine> {
  const engine = await profile.atWork();
  await takeIn(engine);
  await until(engine, async () => (await engine.caseView(CASE))?.tick === 3);
  refuse('not-entitled');
  valueOf(await engine.act(CASE, 'case.accept', { opinion: '同意' }));
  await until(engine, async () => (await engine.caseView(CASE))?.refused.length === 1);
  hub.judge = () => ({ code: 'ok', parked: false });
  return engine;
}

it('a refused act is told beside what the hub has, and is over once a colleague has done it', async () => {
  const engine = await refusedAct();
  expect(await engine.caseView(CASE)).toMatchObject({ tick: 3, state: 'received' });
  expect((await engine.status()).attention).toBe(1);
  hub.nowMs += 60_000;
  const accept = encodeEvent({ type: 'case.accept', stream: fromHex(CASE), hlc: pack(hub.nowMs, 0), actor: hub.colleague, base: 9, seen: [], body: { opinion: '同意' } });
  hub.enter(40, 1, accept, ['point:HALL']);
  await hub.grow();
  await until(engine, async () => (await engine.caseView(CASE))?.state === 'accepted');
  expect(await engine.caseView(CASE)).toMatchObject({ tick: 3, refused: [], renewal: null });
  expect(await engine.status()).toMatchObject({ attention: 0, refused: 0 });
  expect(await openSteps(engine)).toEqual([]);
});

it('leaves 要处理 when the person has taken note, in every tab and after a reload, and the history keeps it', async () => {
  const engine = await refusedAct();
  const beside = await profile.tab();
  await whenStatus(beside, ({ attention }) => attention === 1);
  const [row] = ((await engine.caseView(CASE))?.history ?? []).filter(({ open }) => open);
  valueOf(await engine.takeNote([row?.seq ?? 0]));
  for (const tab of [engine, beside]) await whenStatus(tab, ({ attention }) => attention === 0);
  expect(await engine.cases({ group: 'attention' })).toEqual([]);
  await engine.close();
  await beside.close();
  const again = await profile.tab();
  valueOf(await again.signIn('li', 'right'));
  expect((await again.status()).attention).toBe(0);
  const view = await again.caseView(CASE);
  expect(view?.history.map(({ type, effect, open }) => [type, effect, open])).toContainEqual(['case.accept', 'refused', false]);
  // It was this person's note alone.
  setRoles(hub.colleague, 'zhao', '赵受理', [CLERK]);
  valueOf(await again.signIn('zhao', 'right'));
  await whenStatus(again, ({ attention }) => attention === 1);
});

/** An edit of a case that the hub has, refused because its author's sign-in had run out. */
async function refusedEdit(): Promise<Engine> {
  const engine = await profile.atWork();
  await takeIn(engine);
  await until(engine, async () => (await engine.caseView(CASE))?.tick === 3);
  refuse('grant-expired');
  valueOf(await engine.edit(CASE, { businessScope: '零售' }, []));
  await until(engine, async () => (await renewalOf(engine)) === '');
  return engine;
}

const scopes = async (engine: Engine): Promise<unknown[]> => ((await engine.caseView(CASE))?.fields['businessScope'] ?? []).map(({ value }) => value);

it('what was refused twice and then taken is not written a third time', async () => {
  const engine = await refusedEdit();
  valueOf(await engine.renew(CASE));
  await until(engine, async () => (await engine.caseView(CASE))?.refused.length === 1 && (await renewalOf(engine)) === '' && written().length === 3);
  hub.judge = () => ({ code: 'ok', parked: false });
  valueOf(await engine.renew(CASE));
  await until(engine, async () => (await renewalOf(engine)) === null);
  valueOf(await engine.edit(CASE, { businessScope: '批发' }, []));
  await until(engine, async () => (await engine.status()).unsent === 0);
  const before = written();
  expect((await engine.renew(CASE)).ok).toBe(false);
  expect(written()).toEqual(before);
  expect(await scopes(engine)).toEqual(['批发']);
  expect(await engine.status()).toMatchObject({ attention: 0, refused: 0 });
});

it('what is written anew stands beside what a colleague wrote since, and replaces it for nobody', async () => {
  const engine = await refusedEdit();
  hub.judge = () => ({ code: 'ok', parked: false });
  hub.nowMs += 1_000;
  const theirs = encodeEvent({ type: 'case.edit', stream: fromHex(CASE), hlc: pack(hub.nowMs, 0), actor: hub.colleague, base: 9, seen: [], body: { fields: { businessScope: '批发' }, materials: [] } });
  hub.enter(40, 1, theirs, ['point:HALL']);
  await hub.grow();
  await until(engine, async () => (await scopes(engine)).includes('批发'));
  valueOf(await engine.renew(CASE));
  await until(engine, async () => (await scopes(engine)).length === 2);
  await until(engine, async () => (await engine.status()).unsent === 0);
  expect((await scopes(engine)).sort()).toEqual(['批发', '零售'].sort());
});
