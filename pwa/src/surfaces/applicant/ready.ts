/** Which materials of an item a person has ticked as ready; kept on this phone, one list an item. */
import { computed, ref, type Ref } from 'vue'
import { recallList, remember } from './memory'

export interface ReadyList {
  readonly ids: Readonly<Ref<readonly string[]>>
  readonly has: (id: string) => boolean
  readonly toggle: (id: string) => void
  readonly clear: () => void
}

export function useReady(itemId: string): ReadyList {
  const name = `ready-${itemId}`
  const ids = ref<readonly string[]>(recallList(name, (entry) => typeof entry === 'string'))
  const chosen = computed(() => new Set(ids.value))
  const keep = (next: readonly string[]): void => {
    ids.value = next
    remember(name, next.length === 0 ? null : JSON.stringify(next))
  }
  return {
    ids,
    has: (id) => chosen.value.has(id),
    toggle: (id) => keep(chosen.value.has(id) ? ids.value.filter((other) => other !== id) : [...ids.value, id]),
    clear: () => keep([]),
  }
}
