// How a pressed key is called in the tables of shortcuts. Pure.

/** `Alt+1`, `Ctrl+Enter`, `j`, `ArrowLeft`: as KeyboardEvent says, with the modifiers before it. */
export function nameOfKey(event: Pick<KeyboardEvent, 'key' | 'altKey' | 'ctrlKey' | 'metaKey'>): string {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key
  return [event.ctrlKey || event.metaKey ? 'Ctrl+' : '', event.altKey ? 'Alt+' : '', key].join('')
}
