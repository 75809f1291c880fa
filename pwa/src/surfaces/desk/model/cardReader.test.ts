// Telling a card reader from hands.
import { expect, test } from 'vitest'
import { BURST_GAP_MS_MAX, isSoundNumber, NO_BURST, nextBurst, residentIdIn, type Burst } from './cardReader'

const NUMBER = '11010519491231002X'
const TODAY = '2026-11-23'

function typed(text: string, gapMs: number): Burst {
  return [...text].reduce((burst, key, i) => nextBurst(burst, key, 1000 + i * gapMs), NO_BURST)
}

test('a burst is one text, a hand is single keys', () => {
  expect(typed(NUMBER, 5).text).toBe(NUMBER)
  expect(typed(NUMBER, BURST_GAP_MS_MAX + 1).text).toBe('X')
})

test('a named key is no text and does not end a burst', () => {
  const burst = typed('11', 5)
  expect(nextBurst(burst, 'Shift', 1010)).toBe(burst)
})

test.each([
  [NUMBER, NUMBER],
  ['１１０１０５１９４９１２３１００２x', NUMBER],
  [' 110105 19491231 0021 ', '110105194912310021'],
  ['13843200123', null],
  ['91350100M000100Y43', null],
  ['110105194913310021', null],
])('%s is meant as %s', (text, number) => {
  expect(residentIdIn(text, TODAY)).toBe(number)
})

test('only a sound number is moved out of a field that it fills by hand', () => {
  expect(isSoundNumber(NUMBER, TODAY)).toBe(true)
  expect(isSoundNumber('110105194912310021', TODAY)).toBe(false)
})
