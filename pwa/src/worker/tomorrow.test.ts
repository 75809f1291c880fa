// Events of a later version: kept as they came by a tablet that does not know them, and folded once it is updated.

import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { fromHex, type Bytes } from '../sync/bytes';
import { pack } from '../sync/clock';
import { packValue } from '../sync/codec';
import type { EventHead } from '../sync/event';
import { draft, PIN, Profile, takeIn, until, valueOf, whenStatus } from './testing/profile';

/** The type that the program of yesterday does not know. */
let unknown = '';
vi.mock(import('../sync/event'), async (original) => {
  const real = await original();
  return { ...real, findBody: (head: EventHead) => (head.type === unknown ? null : real.findBody(head)) };
});

let profile: Profile;

beforeEach(async () => {
  profile = await Profile.make();
  vi.stubGlobal('fetch', profile.hub.fetch);
});

afterEach(async () => {
  unknown = '';
  await profile.close();
  vi.unstubAllGlobals();
});

it('keeps what another tablet wrote in it, shows that it is there, and reads it after the update without the line', async () => {
  const { hub } = profile;
  unknown = 'case.edit';
  const engine = await profile.atWork();
  valueOf(await engine.setPin(PIN));
  const id = (await engine.status()).account?.id ?? '';
  const { caseId } = await takeIn(engine);
  await until(engine, async () => (await engine.cases({}))[0]?.tick === 3);
  const event = (type: string, at: number, fields: Record<string, string>): Bytes =>
    packValue([1, type, fromHex(caseId), pack(hub.nowMs, at), hub.account, 3, [], { fields, materials: [] }]);
  hub.enter(13, 1, event('case.edit', 1, { businessScope: '食品' }), ['point:HALL']);
  // And one that no version knows yet.
  hub.enter(13, 2, event('case.of_tomorrow', 2, { contactPhone: '13900000000' }), ['point:HALL']);
  await hub.grow();
  await until(engine, async () => (await engine.caseView(caseId))?.history.filter(({ effect }) => effect === 'unknown').length === 2);
  expect((await engine.caseView(caseId))?.fields['businessScope']?.map(({ value }) => value)).toEqual(['餐饮']);
  // What was written behind it is read, and own work goes on.
  await takeIn(engine, draft('bb'.repeat(16)));
  await whenStatus(engine, ({ unsent }) => unsent === 0);
  await profile.cutLine(engine);
  await engine.close();

  unknown = '';
  const updated = await profile.tab();
  valueOf(await updated.unlock(id, PIN));
  const view = await updated.caseView(caseId);
  expect(view?.fields['businessScope']?.map(({ value }) => value)).toEqual(['食品']);
  expect(view?.history.map(({ effect }) => effect).filter((effect) => effect === 'unknown')).toHaveLength(1);
});
