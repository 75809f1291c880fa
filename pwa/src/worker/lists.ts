// What a list of cases shows: drafts and cases of a group, as the words searched for find them, the newest first.

import { isInGroup, isTask, matches, summarise } from '../cases/summary';
import type { CaseQuery, CaseSummary } from './api';
import type { Core, Unlocked } from './core';
import { draftLine } from './draftLine';
import type { Opened } from './drafts';

export function listCases(core: Core, unlocked: Unlocked, drafts: readonly Opened[], { text = '', group, limit = Infinity }: CaseQuery): CaseSummary[] {
  const around = core.surroundings(unlocked);
  const cases = Array.from(unlocked.tablet.replica.cases.values()).filter((kept) => !kept.rumour).map((kept) => {
    const line = summarise(kept, around);
    return { line, wanted: isInGroup(line, group, group === 'todo' && !kept.stillborn && isTask(kept.view, around.person)) };
  });
  const begun = drafts.map((draft) => {
    const line = draftLine(unlocked, draft, core.device?.point.id ?? '');
    return { line, wanted: isInGroup(line, group, false) };
  });
  return [...begun, ...cases]
    .filter(({ line, wanted }) => wanted && matches(line, text, around.itemWords(line.itemId)))
    .map(({ line }) => line)
    .sort((a, b) => b.updatedMs - a.updatedMs)
    .slice(0, limit);
}
