// How a state looks wherever it is named: over, waiting for somebody, good, or against the applicant.
const TONES = {
  over: ['draft', 'archived', 'delivered', 'withdrawn'],
  soon: ['correction_pending', 'suspended'],
  good: ['approved', 'ready_for_issue'],
  wrong: ['not_taken', 'denied', 'not_accepted', 'lapsed', 'terminated'],
} as const

export type StateTone = keyof typeof TONES | 'plain'

export function toneOf(state: string): StateTone {
  const found = Object.entries(TONES).find(([, states]) => (states as readonly string[]).includes(state))
  return found === undefined ? 'plain' : (found[0] as keyof typeof TONES)
}
