// What a list of cases shows: drafts and cases of a group, as the words searched for find them, the newest first; and one case in full.

import { isAway, isInGroup, isTask, matches, summarise } from '../cases/summary';
import { viewCase } from '../cases/view';
import type { CaseQuery, CaseSummary, CaseView } from './api';
import type { Core, Unlocked } from './core';
import { draftLine } from './draftLine';
import type { Opened } from './drafts';
import { renewalOf } from './former';

export function listCases(core: Core, unlocked: Unlocked, drafts: readonly Opened[], { text = '', group, limit = Infinity }: CaseQuery): CaseSummary[] {
  const around = core.surroundings(unlocked);
  const cases = Array.from(unlocked.tablet.replica.cases.values()).filter((kept) => !kept.rumour).map((kept) => {
    const line = summarise(kept, around);
    return { line, wanted: isInGroup(line, group, group === 'todo' && !kept.stillborn && !isAway(kept, around) && isTask(kept.view, around.person)) };
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

/** Null: nothing of it is here, or only single steps that say neither how it began nor where it stands. */
export async function showCase(core: Core, unlocked: Unlocked, id: string): Promise<CaseView | null> {
  const kept = unlocked.tablet.replica.cases.get(id);
  if (kept === undefined || kept.rumour) return null;
  const renewal = await core.orElse(null, () => renewalOf(core, unlocked, id));
  return { ...viewCase(kept, core.surroundings(unlocked), core.names(unlocked)), renewal };
}
