// One or two characters that tell the people of a tablet apart at a glance. Pure.

/**
 * The last character of the name, as people are called here; where another's ends the same (…受理员甲, …出件员甲), the first
 * character in which the two differ stands before it.
 */
export function faceOf(name: string, names: readonly string[]): string {
  const characters = [...name]
  const last = characters.at(-1) ?? ''
  const alike = names.map((other) => [...other]).filter((other) => other.join('') !== name && other.at(-1) === last)
  const apart = characters.findIndex((character, i) => alike.every((other) => other[i] !== character))
  return alike.length === 0 || apart < 0 || apart === characters.length - 1 ? last : `${characters[apart] ?? ''}${last}`
}
