// Listens for a card reader that types, and for pasted numbers, wherever the cursor stands in the form.
import { onScopeDispose } from 'vue'
import { nextBurst, NO_BURST, residentIdIn, type Burst } from '../model/cardReader'
import { isoDay } from '../model/moments'

/** An input that asks for a number of its own keeps what is put into it. */
function takesNumber(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement && target.dataset['type'] === 'idcard'
}
function isText(target: EventTarget | null): target is HTMLInputElement | HTMLTextAreaElement {
  return target instanceof HTMLTextAreaElement || (target instanceof HTMLInputElement && target.type === 'text')
}

/**
 * Calls `onNumber` with a resident ID number that came as a burst of keys or by pasting outside of an ID field.
 *
 * The field that had the cursor gets back what stood in it before the burst.
 */
export function useNumberReader(onNumber: (number: string) => void): void {
  let burst: Burst = NO_BURST
  let before = ''

  function onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return
    const next = nextBurst(burst, event.key, event.timeStamp)
    if (next.text.length === 1 && next !== burst) before = isText(event.target) ? event.target.value : ''
    burst = next
    const number = residentIdIn(burst.text, isoDay(Date.now()))
    if (number === null || takesNumber(event.target)) return
    event.preventDefault()
    event.stopPropagation()
    burst = NO_BURST
    if (isText(event.target)) restore(event.target, before)
    onNumber(number)
  }
  function onPaste(event: ClipboardEvent): void {
    const number = residentIdIn(event.clipboardData?.getData('text') ?? '', isoDay(Date.now()))
    if (number === null || takesNumber(event.target)) return
    event.preventDefault()
    onNumber(number)
  }
  window.addEventListener('keydown', onKey, { capture: true })
  window.addEventListener('paste', onPaste, { capture: true })
  onScopeDispose(() => {
    window.removeEventListener('keydown', onKey, { capture: true })
    window.removeEventListener('paste', onPaste, { capture: true })
  })
}

function restore(field: HTMLInputElement | HTMLTextAreaElement, value: string): void {
  field.value = value
  field.dispatchEvent(new Event('input', { bubbles: true }))
}
