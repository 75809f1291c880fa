// A clerk finds any of the 80 items in three keystrokes, and people's own words lead to it.
import { describe, expect, it } from 'vitest'
import { sampleItem, sampleItems } from './sample.fixture'
import { buildIndex, search } from './search'

const index = buildIndex(sampleItems)
const ids = (query: string, limit = 3, recentIds: readonly string[] = []) =>
  search(index, query, { limit, recentIds }).map((found) => found.item.id)

describe('three keystrokes', () => {
  it.each(sampleItems.map((item) => [item.searchKeys.initials.slice(0, 3), item.name, item.id] as const))(
    '%s brings %s to the top three',
    (keys, _, id) => {
      expect(ids(keys)).toContain(id)
    },
  )
})

describe('search', () => {
  it.each([
    ['gtgshsldj', 'SCJG-001'],
    ['getigongshanghushe', 'SCJG-001'],
    ['个体工商户设立', 'SCJG-001'],
    ['开店', 'SCJG-001'],
    ['kd', 'SCJG-001'],
    ['banzhizhao', 'SCJG-001'],
    ['低保', 'STREET-001'],
    ['DB', 'STREET-001'],
    ['房产证', 'ZRGH-006'],
    ['ｓｂｋ', 'SBJ-001'],
    ['SCJG-001', 'SCJG-001'],
    ['000199001000', 'SCJG-001'],
    ['11990271MB9900099U4000199001000', 'SCJG-001'],
    ['食品 延续', 'SCJG-012'],
    ['spj yanxu', 'SCJG-012'],
    ['个体 zx', 'SCJG-003'],
  ])('%s finds first %s', (query, id) => {
    expect(ids(query)[0]).toBe(id)
  })
  it('finds by the word for what one gets', () => {
    expect(ids('残疾人证', 1)).toEqual(['STREET-006'])
    expect(ids('营业执照', 80)).toContain('SCJG-004')
  })
  it('finds each item first by its id and by its whole name', () => {
    for (const item of sampleItems) {
      expect(ids(item.id)[0]).toBe(item.id)
      expect(ids(item.name)[0]).toBe(item.id)
    }
  })
  it('finds each item by any of its everyday words', () => {
    for (const item of sampleItems) for (const alias of item.aliases) expect(ids(alias, 5), alias).toContain(item.id)
  })
  it('puts recent items before their equals', () => {
    expect(ids('gtg')[0]).toBe('SCJG-001')
    expect(ids('gtg', 3, ['SCJG-003'])[0]).toBe('SCJG-003')
    expect(ids('设立', 1, ['YBJ-009'])).not.toEqual(['YBJ-009'])
  })
  it('with nothing typed shows the recent ones, then the frequent ones', () => {
    const shown = ids('  ', 80, ['YBJ-009', 'SBJ-012'])
    expect(shown.slice(0, 2)).toEqual(['YBJ-009', 'SBJ-012'])
    expect(shown.slice(2).every((id) => sampleItem(id).highFrequency)).toBe(true)
  })
  it('finds nothing for nonsense, marks or half a match', () => {
    expect([ids('zzzqq'), ids('个体 qqq'), ids('没有这个事项')]).toEqual([[], [], []])
  })
})
