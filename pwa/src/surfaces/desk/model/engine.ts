// The surface's one connection to the engine: its api, its status, the reference data, and word of what changed.
import { computed, onScopeDispose, shallowRef } from 'vue'
import type { ItemRecord } from '../../../forms/item'
import type { Change, DeskApi, Reference, RoleView, Status } from '../../../worker/api'
import { connectDesk } from '../../../worker/bridge'

export const api: DeskApi = connectDesk()

export const status = shallowRef<Status | null>(null)
export const reference = shallowRef<Reference>({ items: [], points: [], departments: [], windows: [] })

export const account = computed(() => status.value?.account ?? null)
export const offline = computed(() => status.value?.reach === 'none')
const itemById = computed(() => new Map(reference.value.items.map((item) => [item.id, item])))
export const itemOf = (id: string): ItemRecord | undefined => itemById.value.get(id)

export function holds(role: string): boolean {
  return account.value?.roles.some((held: RoleView) => held.role === role) ?? false
}
/** The names of points and departments; an id that is not in the reference data names itself. */
export function pointName(id: string): string {
  return reference.value.points.find((point) => point.id === id)?.name ?? id
}
export function departmentName(id: string): string {
  return reference.value.departments.find((department) => department.id === id)?.short ?? id
}

const listeners = new Set<(change: Change) => void>()

/** Calls `listener` on every change for as long as the calling component lives. */
export function useChanges(listener: (change: Change) => void): void {
  listeners.add(listener)
  onScopeDispose(() => listeners.delete(listener))
}

let asking = false
let askAgain = false

/** Asks for the status anew; several wishes while one is under way become one more question. */
export async function refreshStatus(): Promise<void> {
  if (asking) {
    askAgain = true
    return
  }
  asking = true
  try {
    do {
      askAgain = false
      status.value = await api.status()
    } while (askAgain)
  } finally {
    asking = false
  }
}

async function refreshReference(): Promise<void> {
  reference.value = await api.reference()
}

let resolveStarted = (): void => undefined
/** Resolves when the engine has answered for the first time: before that nobody knows who may stand where. */
export const engineStarted = new Promise<void>((resolve) => { resolveStarted = resolve })

/** Resolves when the engine has answered for the first time; rejects when it cannot start. */
export async function startEngine(): Promise<void> {
  await api.subscribe((change) => {
    if (change.kind === 'status') void refreshStatus()
    if (change.kind === 'reference') void refreshReference()
    for (const listener of listeners) listener(change)
  })
  await Promise.all([refreshStatus(), refreshReference()])
  resolveStarted()
}
