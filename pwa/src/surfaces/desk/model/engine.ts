// The surface's one connection to the engine: its api, its status, the reference data, and word of what changed.
import { computed, onScopeDispose, shallowRef } from 'vue'
import type { ItemRecord } from '../../../forms/item'
import type { Change, DeskApi, Reference, RoleView, Status } from '../../../worker/api'
import { connectDesk } from '../../../worker/bridge'

const door = connectDesk()

/** A copy without Vue's proxies, which cannot be cloned into the worker. */
const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T

export const api: DeskApi = {
  ...door,
  saveDraft: (draft) => door.saveDraft(plain(draft)),
  keepWords: (caseId, type, words) => door.keepWords(caseId, type, plain(words)),
  act: (caseId, type, input) => door.act(caseId, type, plain(input)),
  edit: (caseId, fields, materials) => door.edit(caseId, plain(fields), plain(materials)),
}

export const status = shallowRef<Status | null>(null)
export const reference = shallowRef<Reference>({ items: [], points: [], departments: [], windows: [], administrators: [] })

export const account = computed(() => status.value?.account ?? null)
export const offline = computed(() => status.value?.reach === 'none')
const itemById = computed(() => new Map(reference.value.items.map((item) => [item.id, item])))
export const itemOf = (id: string): ItemRecord | undefined => itemById.value.get(id)

export function holds(role: string): boolean {
  return account.value?.roles.some((held: RoleView) => held.role === role) ?? false
}
/** The names of points and departments; an id that is not in the reference data names itself. */
export function pointName(id: string): string {
  const own = status.value?.device?.point
  return reference.value.points.find((point) => point.id === id)?.name ?? (own?.id === id ? own.name : id)
}
/** Who decides on an item; where several offices do, each in its own area, the catalogue's word for them. */
export function officeName({ departmentId, department }: Pick<ItemRecord, 'departmentId' | 'department'>): string {
  return reference.value.departments.find(({ id }) => id === departmentId)?.short ?? department
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

let asking: Promise<void> | null = null
let askAgain = false

/** Asks for the status anew, and resolves when it is at least as new as the call; several wishes become one question. */
export function refreshStatus(): Promise<void> {
  askAgain = true
  asking ??= askStatus().finally(() => { asking = null })
  return asking
}

async function askStatus(): Promise<void> {
  while (askAgain) {
    askAgain = false
    status.value = await api.status()
  }
}

async function refreshReference(): Promise<void> {
  reference.value = await api.reference()
}

let resolveStarted = (): void => undefined
/** Resolves when the engine has answered for the first time: before that nobody knows who may stand where. */
export const engineStarted = new Promise<void>((resolve) => { resolveStarted = resolve })

/** Resolves when the engine has answered for the first time: why nothing can be kept here, or null. Rejects when it cannot start. */
export async function startEngine(): Promise<string | null> {
  const opened = await api.opened()
  // What could not be upgraded is open to be read.
  if (!opened.ok && opened.code !== 'storage-upgrade') return opened.code
  await api.subscribe((change) => {
    if (change.kind === 'status') void refreshStatus()
    if (change.kind === 'reference') void refreshReference()
    for (const listener of listeners) listener(change)
  })
  await Promise.all([refreshStatus(), refreshReference()])
  if (!opened.ok) return opened.code
  resolveStarted()
  return null
}
