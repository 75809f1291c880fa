// What is written into an act's sheet is kept like a draft: sealed for its author, there after a reload, never a draft itself.

import { expect, it } from 'vitest';

import { MemoryStore } from '../store/memory';
import { openDrafts } from './drafts';
import { sit } from './testing/core';
import { dropWords, keepWords, wordsOf } from './words';

const CASE = 'aa'.repeat(16);
const ACT = 'case.deny';

it('is there after a reload, for its author alone, and gone when it is done', async () => {
  const store = new MemoryStore();
  expect(await keepWords(await sit(store, { id: 'li', key: 1 }), CASE, ACT, { reason: '不属于本机关职权范围' })).toEqual({ ok: true, value: null });
  const again = await sit(store, { id: 'li', key: 1 });
  expect(await wordsOf(again, CASE, ACT)).toEqual({ reason: '不属于本机关职权范围' });
  expect(await wordsOf(again, CASE, 'case.approve')).toBeNull();
  expect(await wordsOf(await sit(store, { id: 'wang', key: 2 }), CASE, ACT)).toBeNull();
  expect(again.unlocked === null ? null : await openDrafts(again, again.unlocked)).toEqual([]);
  const [row] = await store.drafts('li');
  expect(new TextDecoder().decode(row?.sealed)).not.toContain('职权');
  await dropWords(again, CASE, ACT);
  expect(await wordsOf(again, CASE, ACT)).toBeNull();
});
