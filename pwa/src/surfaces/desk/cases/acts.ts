// Which act of a case comes first: the ordinary next step of its state; the others go into the menu. Pure.
import type { ItemRecord } from '../../../forms/item'
import type { ActionView, CaseView, HistoryRow, MaterialLine, NextStep } from '../../../worker/api'

/** The ordinary next steps, most ordinary first. What is not here is never the one big button. */
const ORDINARY = [
  'case.supplement',
  'case.accept',
  'case.prereview_pass',
  'case.decide_on_the_spot',
  'case.assign_review',
  'case.review_opinion',
  'case.resume',
  'case.approve',
  'case.seal_and_make',
  'case.deliver',
  'case.deliver_denial',
  'case.archive',
] as const
const LAST = ORDINARY.length

/** Receiving a case that came online goes through intake, not through an act of this view. */
const NOT_HERE = ['case.receive', 'case.submit_online']

/** Those that take something from the applicant, or end the case: shown as grave. */
export const GRAVE_ACTS: readonly string[] = ['case.refuse_acceptance', 'case.deny', 'case.terminate', 'case.lapse']

/** The value that stands for a key, when only one does. */
export function materialOf(view: Pick<CaseView, 'materials'>, id: string): MaterialLine | undefined {
  return view.materials[id]?.[0]?.value as MaterialLine | undefined
}

export function deferredIds(view: Pick<CaseView, 'materials'>): string[] {
  return Object.keys(view.materials).filter((id) => materialOf(view, id)?.status === 'deferred')
}

/** Acts that may be done first, then the ordinary one; with deferred materials 容缺受理 takes the place of 受理; where none may come later it is not offered. */
export function orderActs(view: Pick<CaseView, 'actions' | 'materials'>, item: Pick<ItemRecord, 'materials'> | undefined): ActionView[] {
  const mayDefer = item === undefined || item.materials.some((material) => material.deferrable) || deferredIds(view).length > 0
  const hidden = mayDefer ? NOT_HERE : [...NOT_HERE, 'case.accept_with_deferral']
  const first = deferredIds(view).length > 0 ? 'case.accept_with_deferral' : ''
  const rank = (act: ActionView): number => {
    const at = act.type === first ? -1 : (ORDINARY as readonly string[]).indexOf(act.type)
    return (at < 0 && act.type !== first ? LAST : at) + (act.blocked === null ? 0 : 2 * LAST)
  }
  return view.actions.filter((act) => !hidden.includes(act.type)).sort((a, b) => rank(a) - rank(b))
}

/** The step that ordinarily follows, when it is somebody else's: so that nobody wonders whom a case waits for. */
export function ordinaryNext({ next }: Pick<CaseView, 'next'>): NextStep | null {
  const open = next.filter(({ type }) => (ORDINARY as readonly string[]).includes(type))
  return ORDINARY.flatMap((type) => open.filter((step) => step.type === type))[0] ?? null
}

/** Acts whose words the next person must read before going on. */
const TELLING = ['case.review_opinion', 'case.send_back', 'case.suspend', 'case.refuse_acceptance', 'case.deny', 'case.terminate', 'case.withdraw', 'case.lapse', 'case.prereview_return']

/** What was said when the case came to where it stands, if it is to be read first. */
export function standingWords({ history }: Pick<CaseView, 'history'>): HistoryRow | null {
  const last = history.filter((row) => row.effect === 'applied' && row.to !== row.from).at(-1)
  return last !== undefined && last.text !== '' && TELLING.includes(last.type) ? last : null
}

/** Whether the first act is ordinary enough for the one big button. */
export function isOrdinary(act: ActionView): boolean {
  return act.blocked === null && (act.type === 'case.accept_with_deferral' || (ORDINARY as readonly string[]).includes(act.type))
}
