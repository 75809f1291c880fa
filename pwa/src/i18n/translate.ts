// From a message and its words to text. Pure: no eval, no markup, unknown words stay visible in braces.
//
// Syntax: `{name}` is replaced by the parameter; `{count#item|items}` by the first form for exactly 1, else the second.

export type Params = Readonly<Record<string, string | number>>
export type Messages<K extends string = string> = Readonly<Record<K, string>>

const SLOT = /\{([A-Za-z][A-Za-z0-9]*)(?:#([^|}]*)\|([^}]*))?\}/g

export function format(message: string, params: Params = {}): string {
  return message.replace(SLOT, (slot: string, name: string, one: string | undefined, other: string | undefined) => {
    const value = params[name]
    if (value === undefined) return slot
    if (one === undefined || other === undefined) return String(value)
    return Number(value) === 1 ? one : other
  })
}

/** The names of the parameters that a message asks for, sorted, once each. */
export function slotsOf(message: string): readonly string[] {
  return [...new Set([...message.matchAll(SLOT)].map(([, name = '']) => name))].sort()
}
