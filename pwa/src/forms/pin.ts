// Which PINs will do. Pure.

/** Six digits or more, not all alike and not a run up or down. */
export function isWeakPin(pin: string): boolean {
  if (!/^[0-9]{6,12}$/.test(pin)) return true;
  const steps = new Set(Array.from(pin).slice(1).map((digit, i) => Number(digit) - Number(pin[i])));
  return steps.size === 1 && [0, 1, -1].includes([...steps][0] ?? 0);
}
