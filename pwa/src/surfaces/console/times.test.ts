/** Ages never flatter: they are cut, not rounded up, and a future time is now. */
import { describe, expect, it } from 'vitest'
import { ageText, clockText, countdown, spanText } from './times'

const NOW = 1_795_000_000_000

describe('ageText', () => {
  it.each([
    [0, '从未'],
    [NOW + 5_000, '刚刚'],
    [NOW - 59_999, '刚刚'],
    [NOW - 119_000, '1 分钟前'],
    [NOW - 7_199_000, '1 小时前'],
    [NOW - 3 * 86_400_000, '3 天前'],
  ])('%d', (at, text) => {
    expect(ageText(at, NOW)).toBe(text)
  })
})

it('spans and clocks have their largest unit and their direction', () => {
  expect(spanText(-400_000)).toBe('6 分钟')
  expect(clockText(1_500)).toBe('一致')
  expect(clockText(-400_000)).toBe('慢 6 分钟')
  expect(clockText(7_200_000)).toBe('快 2 小时')
})

it('a countdown ends at nothing', () => {
  expect(countdown(600_000)).toBe('10:00')
  expect(countdown(59_001)).toBe('01:00')
  expect(countdown(-1)).toBe('00:00')
})
