/**
 * What this phone remembers for the person, outside any account: the look, ticked materials, followed numbers.
 *
 * A browser that forbids storage still works: nothing is remembered, and `remember` says so.
 */
const PREFIX = 'zc-applicant-'

/** The remembered text, or null. */
export function recall(name: string): string | null {
  try {
    return localStorage.getItem(PREFIX + name)
  } catch {
    return null
  }
}

/** Remembers a text, or forgets it when null. False: the browser does not let us. */
export function remember(name: string, text: string | null): boolean {
  try {
    if (text === null) localStorage.removeItem(PREFIX + name)
    else localStorage.setItem(PREFIX + name, text)
    return true
  } catch {
    return false
  }
}

/** A remembered list; what is unreadable or of another shape counts as nothing. */
export function recallList<T>(name: string, isEntry: (entry: unknown) => entry is T): readonly T[] {
  const text = recall(name)
  if (text === null) return []
  try {
    const data: unknown = JSON.parse(text)
    return Array.isArray(data) ? data.filter(isEntry) : []
  } catch {
    return []
  }
}
