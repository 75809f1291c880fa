// A card reader that types: tells its burst of keys from a person's hands. Pure: times are arguments.
import type { FormField } from '../../../forms/item'
import { normaliseValue } from '../../../forms/normalise'
import { validateField } from '../../../forms/validate'

/** Hands need more than this between two keys over 18 characters; readers need 1 to 20 ms. */
export const BURST_GAP_MS_MAX = 60
const ID_FIELD: FormField = { key: 'id', label: '', type: 'idcard', required: true }

export interface Burst {
  readonly text: string
  readonly lastMs: number
}
export const NO_BURST: Burst = { text: '', lastMs: 0 }

/** The burst after one more key; a pause starts a new one. `key` is KeyboardEvent.key; named keys are no text. */
export function nextBurst(burst: Burst, key: string, nowMs: number): Burst {
  if ([...key].length !== 1) return burst
  const goesOn = burst.text !== '' && nowMs - burst.lastMs <= BURST_GAP_MS_MAX
  return { text: goesOn ? burst.text + key : key, lastMs: nowMs }
}

/**
 * The resident ID number that a burst or a pasted text is meant to be, or null.
 *
 * A wrong check character is let through: it belongs in the ID field, where it is told.
 */
export function residentIdIn(text: string, today: string): string | null {
  const value = normaliseValue(ID_FIELD, text)
  if (typeof value !== 'string') return null
  const code = validateField(ID_FIELD, value, today)?.code
  return code === undefined || code === 'field-idcard-check' ? value : null
}

/** Whether a whole text is a sound resident ID number: in a field that asks for something else it is misplaced. */
export function isSoundNumber(text: string, today: string): boolean {
  return validateField(ID_FIELD, text, today) === null
}
