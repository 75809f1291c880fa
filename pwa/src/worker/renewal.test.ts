// Former work is sent again only once what the hub has is here, so that nothing is brought twice; and what the hub refused
// of it may be sent once more, under a receipt number that holds.

import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { decodeHead, findBody } from '../sync/event';
import { toHex } from '../sync/bytes';
import type { Engine } from './engine';
import type { FakeHub } from './testing/hub';
import { CASE, draft, PIN, Profile, takeIn, until, valueOf, whenStatus } from './testing/profile';

const MINE = 'bb'.repeat(16);

let profile: Profile;
let hub: FakeHub;

const withhold = (...types: string[]): void => {
  hub.fate = (way, { type }) => (way === 'down' && types.includes(type) ? 'lose' : 'pass');
};
const written = (device: number): string[] => (hub.logs.get(device)?.events ?? []).map((event) => toHex(decodeHead(event).stream));
const receiptsOf = (device: number): string[] => (hub.logs.get(device)?.events ?? []).flatMap((event) => {
  const typed = findBody(decodeHead(event));
  return typed?.type === 'case.receive' ? [typed.body.receipt_no] : [];
});

/** A tablet out of service whose CASE the hub has taken without its hearing so, and whose MINE came too late. */
async function caughtOut(): Promise<{ engine: Engine; mine: string; id: string }> {
  const engine = await profile.atWork();
  valueOf(await engine.setPin(PIN));
  const id = (await engine.status()).account?.id ?? '';
  withhold('ack', 'page');
  await takeIn(engine);
  await vi.waitFor(() => { expect(written(12)).toEqual([CASE]); });
  await profile.cutLine(engine);
  const { receiptNo: mine } = await takeIn(engine, draft(MINE));
  hub.revoked.add(12);
  await profile.restoreLine(engine);
  await whenStatus(engine, ({ revokedMs }) => revokedMs > 0);
  await vi.waitFor(() => { expect(written(12)).toEqual([CASE, MINE]); });
  return { engine, mine, id };
}

/** The same, enrolled anew and signed in to, with no page of a feed yet. */
async function enrolledAnew(): Promise<Awaited<ReturnType<typeof caughtOut>>> {
  const tablet = await caughtOut();
  withhold('page');
  valueOf(await tablet.engine.enrolAnew('CODE'));
  valueOf(await tablet.engine.signIn('li', 'right'));
  await whenStatus(tablet.engine, ({ reach }) => reach === 'hub');
  return tablet;
}

/** What was withheld comes. */
async function letCome(engine: Engine): Promise<void> {
  hub.fate = () => 'pass';
  hub.down = false;
  hub.cut();
  await engine.syncNow();
}

beforeEach(async () => {
  profile = await Profile.make();
  ({ hub } = profile);
  vi.stubGlobal('fetch', hub.fetch);
});

afterEach(async () => {
  await profile.close();
  vi.unstubAllGlobals();
});

it('sends nothing again before what the hub has is here, and then only what it has not', async () => {
  const { engine } = await enrolledAnew();
  expect(await engine.renew(CASE)).toMatchObject({ ok: false, code: 'former-unread' });
  expect(await engine.former()).toMatchObject({ ok: false, code: 'former-unread', params: { read: 0 } });
  expect(await engine.status()).toMatchObject({ former: 2, formerRead: false });
  await letCome(engine);
  await whenStatus(engine, ({ former, formerRead }) => formerRead && former === 1);
  expect(valueOf(await engine.former()).map(({ caseId }) => caseId)).toEqual([MINE]);
  expect(await engine.renew(CASE)).toMatchObject({ ok: false, code: 'not-found' });
  valueOf(await engine.renew(MINE));
  await whenStatus(engine, ({ unsent, former }) => unsent === 0 && former === 0);
  expect(written(13)).toEqual([MINE]);
});

it('waits behind a cut line, in a second tab and after a reload, for what the hub has named and for what it has not', async () => {
  const { engine, id } = await caughtOut();
  valueOf(await engine.enrolAnew('CODE'));
  // Signed in, and cut off before any greeting.
  hub.fate = () => 'cut';
  valueOf(await engine.signIn('li', 'right'));
  await profile.cutLine(engine);
  expect(await engine.renew(CASE)).toMatchObject({ ok: false, code: 'former-unread', params: { read: 0, all: 0 } });
  withhold('page');
  await profile.restoreLine(engine);
  await whenStatus(engine, ({ reach }) => reach === 'hub');
  const beside = await profile.tab();
  await whenStatus(beside, ({ account }) => account !== null);
  expect(await beside.renew(CASE)).toMatchObject({ ok: false, code: 'former-unread', params: { read: 0, all: 3 } });
  // The zone's pages come, the point's do not.
  hub.fate = (way, message) => (way === 'down' && message.type === 'page' && message.feed !== 'zone' ? 'lose' : 'pass');
  hub.cut();
  await engine.syncNow();
  await until(beside, async () => (await beside.reference()).items.length > 0);
  expect(await beside.renew(CASE)).toMatchObject({ ok: false, code: 'former-unread', params: { read: 2, all: 3 } });
  await engine.close();
  await beside.close();
  hub.down = true;
  const again = await profile.tab();
  valueOf(await again.unlock(id, PIN));
  expect(await again.renew(CASE)).toMatchObject({ ok: false, code: 'former-unread', params: { read: 2, all: 3 } });
  await letCome(again);
  await whenStatus(again, ({ formerRead }) => formerRead);
  // All of it is here, and stays so without the line.
  await profile.cutLine(again);
  await again.close();
  const offline = await profile.tab();
  valueOf(await offline.unlock(id, PIN));
  expect(valueOf(await offline.former()).map(({ caseId }) => caseId)).toEqual([MINE]);
  valueOf(await offline.renew(MINE));
  expect((await offline.status()).former).toBe(0);
  expect(written(13)).toEqual([]);
});

it('keeps how far the feeds go while all was sent again, since that may be refused yet', async () => {
  const engine = await profile.atWork();
  await profile.cutLine(engine);
  await takeIn(engine, draft(MINE));
  hub.revoked.add(12);
  await profile.restoreLine(engine);
  await whenStatus(engine, ({ revokedMs, refused }) => revokedMs > 0 && refused === 1);
  valueOf(await engine.enrolAnew('CODE'));
  valueOf(await engine.signIn('li', 'right'));
  await whenStatus(engine, ({ former, formerRead }) => formerRead && former === 1);
  valueOf(await engine.renew(MINE));
  await whenStatus(engine, ({ unsent, former }) => unsent === 0 && former === 0);
  hub.cut();
  await engine.syncNow();
  await vi.waitFor(async () => {
    const heads = (await profile.store.findUser(toHex(hub.account)))?.greeting?.heads ?? [];
    expect(heads.map(({ feed, n }) => [feed, n])).toEqual([['zone', 2], ['point:HALL', 1]]);
  });
});

it('waits anew when a feed is dropped and fetched once more', async () => {
  const { engine } = await enrolledAnew();
  await letCome(engine);
  await whenStatus(engine, ({ formerRead }) => formerRead);
  withhold('page');
  await profile.store.forgetFeed('point:HALL');
  expect(await engine.renew(CASE)).toMatchObject({ ok: false, code: 'former-unread' });
});

it('brings nothing of a case that the person may not see, since nobody can tell whether the hub has it', async () => {
  const { engine } = await caughtOut();
  hub.fate = () => 'pass';
  hub.readable = ['zone'];
  valueOf(await engine.enrolAnew('CODE'));
  valueOf(await engine.signIn('li', 'right'));
  await whenStatus(engine, ({ formerRead }) => formerRead);
  expect(await engine.renew(CASE)).toMatchObject({ ok: false, code: 'former-unseen' });
  expect(written(13)).toEqual([]);
  hub.readable = ['zone', 'point:HALL'];
  await letCome(engine);
  await whenStatus(engine, ({ formerRead, former }) => formerRead && former === 1);
  expect(valueOf(await engine.former()).map(({ caseId }) => caseId)).toEqual([MINE]);
});

it('may be sent once more when the hub refused it, under a number that nobody has, and is then in order', async () => {
  const { engine, mine } = await caughtOut();
  hub.fate = () => 'pass';
  valueOf(await engine.enrolAnew('CODE'));
  valueOf(await engine.signIn('li', 'right'));
  await whenStatus(engine, ({ former, formerRead }) => formerRead && former === 1);
  hub.judge = () => ({ code: 'receipt-invalid', parked: false });
  valueOf(await engine.renew(MINE));
  await whenStatus(engine, ({ unsent, former }) => unsent === 0 && former === 1);
  expect(receiptsOf(13)).toEqual([mine]);
  expect(valueOf(await engine.former())).toMatchObject([{ caseId: MINE, receiptNo: mine, renumbered: true, steps: [{ type: 'case.receive', code: 'receipt-invalid' }] }]);
  // One case needs hands, and it is counted once.
  expect((await engine.status()).attention).toBe(0);
  hub.judge = () => ({ code: 'ok', parked: false });
  valueOf(await engine.renew(MINE));
  await until(engine, async () => (await engine.cases({ group: 'confirmed' })).some(({ id }) => id === MINE));
  const [, second] = receiptsOf(13);
  expect(second).toContain('-13-');
  expect((await engine.caseView(MINE))?.receiptNo).toBe(second);
  expect(await engine.status()).toMatchObject({ former: 0, refused: 0, attention: 0, unsent: 0 });
  expect(await engine.outbox()).toEqual([]);
  expect(valueOf(await engine.former())).toEqual([]);
});

it('is still to be sent once more when the tablet is put out of service again', async () => {
  const { engine, mine } = await caughtOut();
  hub.fate = () => 'pass';
  valueOf(await engine.enrolAnew('CODE'));
  valueOf(await engine.signIn('li', 'right'));
  await whenStatus(engine, ({ former, formerRead }) => formerRead && former === 1);
  hub.judge = () => ({ code: 'receipt-invalid', parked: false });
  valueOf(await engine.renew(MINE));
  await whenStatus(engine, ({ unsent, former }) => unsent === 0 && former === 1);
  hub.judge = () => ({ code: 'ok', parked: false });
  hub.revoked.add(13);
  hub.cut();
  await whenStatus(engine, ({ revokedMs }) => revokedMs > 0);
  expect(valueOf(await engine.enrolAnew('CODE')).number).toBe(14);
  valueOf(await engine.signIn('li', 'right'));
  await whenStatus(engine, ({ former, formerRead }) => formerRead && former === 1);
  expect(valueOf(await engine.former())).toMatchObject([{ caseId: MINE, receiptNo: mine, renumbered: true, steps: [{ type: 'case.receive' }] }]);
  valueOf(await engine.renew(MINE));
  await until(engine, async () => (await engine.cases({ group: 'confirmed' })).some(({ id }) => id === MINE));
  expect(written(14)).toEqual([MINE]);
  expect(receiptsOf(14)[0]).toContain('-14-');
});
