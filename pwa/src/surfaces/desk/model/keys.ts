// Keyboard shortcuts: one listener a page, single letters only outside of text and only if the person wants them.
import { onScopeDispose, ref } from 'vue'
import { nameOfKey } from './keyName'
import { readMemory, writeMemory } from './memory'

/** Single-letter shortcuts can be turned off (WCAG 2.1.4): speech input and a wandering hand press them by mistake. */
export const singleKeys = ref(readMemory('single-keys') !== 'off')
export function useSingleKeys(on: boolean): void {
  singleKeys.value = on
  writeMemory('single-keys', on ? 'on' : 'off')
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable], [role=menu]') !== null
}

/** Calls what stands under the key's name; a plain key only outside of text fields, nothing while a dialog is open. */
export function useKeys(handlers: Readonly<Record<string, () => void>>): void {
  const onKey = (event: KeyboardEvent): void => {
    const name = nameOfKey(event)
    const handler = handlers[name]
    if (handler === undefined || event.defaultPrevented || event.isComposing) return
    if (document.querySelector('dialog[open]') !== null) return
    const plain = !name.includes('+')
    if (plain && (isTyping(event.target) || (name.length === 1 && !singleKeys.value))) return
    event.preventDefault()
    handler()
  }
  window.addEventListener('keydown', onKey)
  onScopeDispose(() => { window.removeEventListener('keydown', onKey) })
}
