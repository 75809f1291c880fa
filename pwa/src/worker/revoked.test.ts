// A device that the hub takes out of service: it knows, takes nothing more in, keeps everything, and is enrolled anew.

import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { fromHex } from '../sync/bytes';
import type { Engine } from './engine';
import type { FakeHub } from './testing/hub';
import { CASE, draft, FIELDS, photographed, PIN, Profile, takeIn as takeInDraft, until, valueOf, whenStatus } from './testing/profile';

let profile: Profile;
let hub: FakeHub;

const PHOTO = Uint8Array.of(255, 216, 1, 2, 3);

const start = (): Promise<Engine> => profile.tab();
const atWork = (): Promise<Engine> => profile.atWork();

async function takeIn(engine: Engine, id = CASE): Promise<string> {
  return (await takeInDraft(engine, draft(id, await photographed(engine, PHOTO)))).receiptNo;
}

/** A tablet that took in a case with the line cut, and hears that it was out of service when the line is back. */
async function caughtOut(): Promise<{ engine: Engine; receiptNo: string }> {
  const engine = await atWork();
  await profile.cutLine(engine);
  const receiptNo = await takeIn(engine);
  hub.revoked.add(12);
  hub.down = false;
  await engine.syncNow();
  await whenStatus(engine, ({ revokedMs, refused }) => revokedMs > 0 && refused === 1);
  return { engine, receiptNo };
}

beforeEach(async () => {
  profile = await Profile.make();
  ({ hub } = profile);
  vi.stubGlobal('fetch', hub.fetch);
  const manager = { role: 'point_manager', point: 'HALL', dept: '', from_ms: 0, until_ms: 0 };
  hub.publish('account.set', fromHex('02'.repeat(16)), { username: 'wang', name: '王管理', roles: [manager], closed: false });
});

afterEach(async () => {
  await profile.close();
  vi.unstubAllGlobals();
});

it('is heard in the greeting, before anything is taken in', async () => {
  const engine = await atWork();
  hub.revoked.add(12);
  hub.cut();
  await whenStatus(engine, ({ revokedMs }) => revokedMs > 0);
  expect((await engine.reference()).administrators).toEqual([{ name: '王管理', role: 'point_manager' }]);
  valueOf(await engine.saveDraft(draft()));
  expect(await engine.receive(CASE)).toMatchObject({ ok: false, code: 'device-revoked' });
  expect(valueOf(await engine.draft(CASE)).fields).toEqual(FIELDS);
});

it('is known after a reload with the line cut, and forgotten when the hub has another word', async () => {
  const engine = await atWork();
  valueOf(await engine.setPin(PIN));
  valueOf(await engine.saveDraft(draft()));
  hub.revoked.add(12);
  hub.cut();
  await whenStatus(engine, ({ revokedMs }) => revokedMs > 0);
  await engine.close();
  hub.down = true;
  const again = await start();
  const [user] = (await again.status()).users;
  expect((await again.status()).revokedMs).toBeGreaterThan(0);
  valueOf(await again.unlock(user?.id ?? '', PIN));
  // A hub that was restored from before the revocation: it is to be done again there.
  hub.revoked.clear();
  hub.down = false;
  await again.syncNow();
  await whenStatus(again, ({ revokedMs }) => revokedMs === 0);
});

it('shows what was refused as not taken, and its photo as not going up', async () => {
  const { engine } = await caughtOut();
  expect((await engine.cases({ group: 'attention' }))[0]).toMatchObject({ state: 'not_taken', applicantName: '王小明' });
  expect((await engine.status()).attention).toBe(1);
  const rows = await engine.outbox();
  expect(rows.map(({ state, code }) => [state, code])).toEqual([['refused', 'device-revoked'], ['photo', 'device-revoked']]);
  expect(rows[0]?.title).toContain('王小明');
  expect(hub.uploads.stored.size).toBe(0);
  expect((await engine.caseView(CASE))?.actions).toEqual([]);
  expect(await engine.exportUnsent('correct horse')).toMatchObject({ ok: true });
});

it('is taken in again once, though two tabs ask for it', async () => {
  const { engine } = await caughtOut();
  valueOf(await engine.enrolAnew('CODE'));
  valueOf(await engine.signIn('li', 'right'));
  await whenStatus(engine, ({ formerRead }) => formerRead);
  const both = await Promise.all([engine.renew(CASE), engine.renew(CASE)]);
  expect(both.map(({ ok }) => ok)).toEqual([true, true]);
  await whenStatus(engine, ({ unsent, former }) => unsent === 0 && former === 0);
  expect(hub.logs.get(13)?.events.length).toBe(1);
});

it('is enrolled anew with all that was here, and the case is taken in again under its receipt number', async () => {
  const { engine, receiptNo } = await caughtOut();
  valueOf(await engine.saveDraft(draft('bb'.repeat(16))));
  expect(await engine.enrolAnew('WRONG')).toMatchObject({ ok: false, code: 'enrolment-unknown' });
  expect((await engine.status()).device?.number).toBe(12);
  expect(valueOf(await engine.enrolAnew('CODE')).number).toBe(13);
  expect(hub.successions).toEqual([12]);
  expect(await engine.status()).toMatchObject({ account: null, revokedMs: 0, former: 1 });
  valueOf(await engine.signIn('li', 'right'));
  await whenStatus(engine, ({ formerRead }) => formerRead);
  expect(valueOf(await engine.draft('bb'.repeat(16))).fields).toEqual(FIELDS);
  const [former] = valueOf(await engine.former());
  expect(former).toMatchObject({ caseId: CASE, applicantName: '王小明', receiptNo, steps: [{ type: 'case.receive', author: '李受理', code: 'device-revoked' }] });
  valueOf(await engine.renew(CASE));
  await until(engine, async () => (await engine.cases({ group: 'confirmed' })).some(({ id }) => id === CASE) && hub.uploads.stored.size === 1);
  expect((await engine.caseView(CASE))?.receiptNo).toBe(receiptNo);
  expect(valueOf(await engine.former())).toEqual([]);
  expect(await engine.renew(CASE)).toMatchObject({ ok: false, code: 'not-found' });
  expect((await engine.status()).former).toBe(0);
});
