// Listens for a card reader that types, and for pasted numbers, wherever the cursor stands in the form.
import { onScopeDispose } from 'vue'
import { zoneDay } from '../../../forms/zoneTime'
import { isSoundNumber, nextBurst, NO_BURST, residentIdIn, type Burst } from '../model/cardReader'

/** An input that asks for a number of its own keeps what is put into it. */
function takesNumber(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement && target.dataset['type'] === 'idcard'
}
function isText(target: EventTarget | null): target is HTMLInputElement | HTMLTextAreaElement {
  return target instanceof HTMLTextAreaElement || (target instanceof HTMLInputElement && target.type === 'text')
}

/**
 * Offers `take` a resident ID number that came as a burst of keys, by pasting, or whole into a field for something else.
 *
 * When it is taken (true), the field that had the cursor gets back what stood in it before; otherwise nothing happens.
 */
export function useNumberReader(take: (number: string) => boolean): void {
  let burst: Burst = NO_BURST
  let before = ''

  function onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return
    const next = nextBurst(burst, event.key, event.timeStamp)
    if (next.text.length === 1 && next !== burst) before = isText(event.target) ? event.target.value : ''
    burst = next
    const number = residentIdIn(burst.text, zoneDay(Date.now()))
    if (number === null || takesNumber(event.target) || !take(number)) return
    event.preventDefault()
    event.stopPropagation()
    burst = NO_BURST
    if (isText(event.target)) restore(event.target, before)
  }
  /** A slow reader, or a hand in the wrong field: the field held nothing else, so it is emptied. */
  function onInput(event: Event): void {
    if (!isText(event.target) || takesNumber(event.target)) return
    const number = event.target.value
    if (!isSoundNumber(number, zoneDay(Date.now())) || !take(number)) return
    event.stopPropagation()
    restore(event.target, '')
  }
  function onPaste(event: ClipboardEvent): void {
    const number = residentIdIn(event.clipboardData?.getData('text') ?? '', zoneDay(Date.now()))
    if (number === null || takesNumber(event.target) || !take(number)) return
    event.preventDefault()
  }
  window.addEventListener('keydown', onKey, { capture: true })
  window.addEventListener('input', onInput, { capture: true })
  window.addEventListener('paste', onPaste, { capture: true })
  onScopeDispose(() => {
    window.removeEventListener('keydown', onKey, { capture: true })
    window.removeEventListener('input', onInput, { capture: true })
    window.removeEventListener('paste', onPaste, { capture: true })
  })
}

function restore(field: HTMLInputElement | HTMLTextAreaElement, value: string): void {
  field.value = value
  field.dispatchEvent(new Event('input', { bubbles: true }))
}
