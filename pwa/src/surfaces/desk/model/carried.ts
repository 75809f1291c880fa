// The answers taken over to the next case of the same person. In memory only: gone with the page, and with the clerk.
import { shallowRef } from 'vue'
import type { FieldValue } from '../../../worker/api'

export interface Carried {
  readonly name: string
  readonly fields: Record<string, FieldValue>
}

export const carried = shallowRef<Carried | null>(null)
