// What waits of former logs is counted and listed, also where one row of it cannot be opened any more; and each is opened once.

import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import type { Engine } from './engine';
import { CASE, draft, Profile, takeIn, valueOf, whenStatus } from './testing/profile';
import * as vault from './vault';

const OTHER = 'bb'.repeat(16);

let profile: Profile;

/** A tablet that was enrolled anew with two cases that the hub had not taken; nobody has signed in since. */
async function enrolledAnew(): Promise<Engine> {
  const { hub } = profile;
  const engine = await profile.atWork();
  await profile.cutLine(engine);
  await takeIn(engine, draft(CASE));
  await takeIn(engine, draft(OTHER));
  hub.revoked.add(12);
  await profile.restoreLine(engine);
  await whenStatus(engine, ({ revokedMs, refused }) => revokedMs > 0 && refused === 2);
  valueOf(await engine.enrolAnew('CODE'));
  return engine;
}

beforeEach(async () => {
  profile = await Profile.make();
  vi.stubGlobal('fetch', profile.hub.fetch);
});

afterEach(async () => {
  await profile.close();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

it('says of work that cannot be opened that it is there, and that it cannot be sent again', async () => {
  const engine = await enrolledAnew();
  const rows = await profile.store.former();
  const [spoilt] = rows;
  if (spoilt === undefined) throw new Error('nothing was kept aside');
  vi.spyOn(profile.store, 'former').mockImplementation(() => Promise.resolve(rows.map((row) => (row === spoilt ? { ...row, sealed: new Uint8Array(40) } : row))));
  valueOf(await engine.signIn('li', 'right'));
  await whenStatus(engine, ({ former, formerRead }) => formerRead && former === 2);
  expect(valueOf(await engine.former())).toMatchObject([
    { caseId: CASE, applicantName: '', steps: [{ type: '' }] },
    { caseId: OTHER, applicantName: '王小明', steps: [{ type: 'case.receive' }] },
  ]);
  expect(await engine.renew(CASE)).toMatchObject({ ok: false, code: 'former-unreadable' });
});

it('opens each row once, however often the bar is looked at', async () => {
  const engine = await enrolledAnew();
  valueOf(await engine.signIn('li', 'right'));
  await whenStatus(engine, ({ former }) => former === 2);
  const opened = vi.spyOn(vault, 'unseal');
  for (let look = 0; look < 3; look += 1) expect((await engine.status()).former).toBe(2);
  const sealed = (await profile.store.former()).map((row) => row.sealed);
  expect(opened.mock.calls.filter(([, , bytes]) => sealed.includes(bytes))).toEqual([]);
});
