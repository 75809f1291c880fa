/** How a case stands, as a person feels it: going its way, theirs to act, good, or at an end. */
export type Standing = 'going' | 'yours' | 'good' | 'ended'

const STANDING_BY_STATE: Readonly<Record<string, Standing>> = {
  prereview_returned: 'yours',
  prereview_passed: 'yours',
  correction_pending: 'yours',
  ready_for_issue: 'yours',
  approved: 'good',
  delivered: 'good',
  archived: 'good',
  denied: 'ended',
  delivered_denied: 'ended',
  not_accepted: 'ended',
  lapsed: 'ended',
  withdrawn: 'ended',
  terminated: 'ended',
}

/** The state as its applicant is told: a result that was handed over may have been a denial. */
export function stateTold(state: string, steps: readonly { readonly type: string }[]): string {
  return ['delivered', 'archived'].includes(state) && steps.some(({ type }) => type === 'case.deny') ? 'delivered_denied' : state
}

/** A state that this version does not know is going its way: the hub's own words say more. */
export function standingOf(state: string): Standing {
  return STANDING_BY_STATE[state] ?? 'going'
}
