// A draft that cannot be opened is one row that says so, and stands in nobody's way.

import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { packValue } from '../sync/codec';
import type { DraftRow } from '../store/port';
import type { Engine } from './engine';
import { CASE, draft, ITEM, Profile, takeIn, until, valueOf } from './testing/profile';
import { openVault, seal } from './vault';

const BROKEN = 'bb'.repeat(16);
let profile: Profile;

beforeEach(async () => {
  profile = await Profile.make();
  vi.stubGlobal('fetch', profile.hub.fetch);
});

afterEach(async () => {
  await profile.close();
  vi.unstubAllGlobals();
});

/** Beside a good one, a draft of the clerk's own that holds `sealed`. */
async function withBroken(sealed: (engine: Engine) => Promise<DraftRow['sealed']>): Promise<Engine> {
  const engine = await profile.atWork();
  valueOf(await engine.saveDraft(draft()));
  const owner = (await engine.status()).account?.id ?? '';
  await profile.store.putDraft({ id: BROKEN, owner, sealed: await sealed(engine), updatedMs: profile.hub.nowMs - 1 });
  return engine;
}

/** Sealed as the clerk's own drafts are. */
async function sealedByClerk(value: unknown): Promise<DraftRow['sealed']> {
  const { user } = await openVault(profile.hub.keys);
  return seal(user, `draft:${BROKEN}`, packValue(value));
}

it.each([
  ['was sealed under another key', () => Promise.resolve(crypto.getRandomValues(new Uint8Array(60)))],
  ['is cut short', () => Promise.resolve(new Uint8Array(5))],
  ['is no draft', () => sealedByClerk({ ...draft(BROKEN), materials: [{ id: 'x', photos: null }] })],
  ['is no map', () => sealedByClerk('draft')],
])('one that %s hides no other', async (_, sealed) => {
  const engine = await withBroken(sealed);
  expect(await engine.cases({ group: 'draft' })).toMatchObject([
    { id: CASE, itemId: ITEM.id, applicantName: '王小明', fault: '' },
    { id: BROKEN, itemId: '', applicantName: '', fault: 'draft-unreadable' },
  ]);
  expect(await engine.draft(BROKEN)).toEqual({ ok: false, code: 'draft-unreadable' });
  expect(await engine.receive(BROKEN)).toEqual({ ok: false, code: 'draft-unreadable' });
  expect(valueOf(await engine.draft(CASE)).fields).toEqual(draft().fields);
  await takeIn(engine);
  await until(engine, async () => (await engine.cases({ group: 'confirmed' })).length === 1);
});

it('can be deleted, and only by its author', async () => {
  const engine = await withBroken(() => Promise.resolve(new Uint8Array(40)));
  await profile.store.putDraft({ id: 'cc'.repeat(16), owner: 'ee'.repeat(16), sealed: new Uint8Array(40), updatedMs: 1 });
  expect(await engine.deleteDraft('cc'.repeat(16))).toEqual({ ok: false, code: 'not-found' });
  valueOf(await engine.deleteDraft(BROKEN));
  expect((await engine.cases({ group: 'draft' })).map(({ id }) => id)).toEqual([CASE]);
});

it('leaves the sheet of an act open to be written anew', async () => {
  const engine = await profile.atWork();
  const { caseId } = await takeIn(engine);
  const owner = (await engine.status()).account?.id ?? '';
  valueOf(await engine.keepWords(caseId, 'case.accept', { opinion: '同意' }));
  await profile.store.putDraft({ id: `words:${owner}:${caseId}:case.accept`, owner, sealed: new Uint8Array(40), updatedMs: 1 });
  expect(await engine.wordsOf(caseId, 'case.accept')).toBeNull();
  valueOf(await engine.keepWords(caseId, 'case.accept', { opinion: '同意' }));
  expect(await engine.wordsOf(caseId, 'case.accept')).toEqual({ opinion: '同意' });
});
