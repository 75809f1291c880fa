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
    ['gtgs', 'SCJG-001'],
    ['办执照', 'SCJG-001'],
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
  it.each([
    ['开饭店', ['SCJG-001', 'SCJG-010', 'SCJG-014']],
    ['我要开饭店', ['SCJG-001', 'SCJG-010', 'SCJG-014']],
    ['开超市', ['SCJG-001', 'SCJG-010', 'SCJG-013']],
    ['kfd', ['SCJG-001', 'SCJG-010', 'SCJG-014']],
    ['营业执照', ['SCJG-001', 'SCJG-004', 'SCJG-008']],
    ['开药店', ['SCJG-015']],
    ['合作社', ['SCJG-009']],
    ['电梯', ['SCJG-017']],
    ['卖鞭炮', ['YJJ-002']],
    ['加油站', ['YJJ-001']],
    ['排污证', ['STHJ-003', 'STHJ-004']],
    ['盖厂房', ['JSJ-001', 'ZRGH-003']],
    ['房照', ['ZRGH-006']],
    ['消防验收', ['JSJ-003', 'JSJ-004']],
    ['挖路', ['JSJ-006']],
    ['广告牌', ['JSJ-008']],
    ['渣土', ['JSJ-009']],
    ['开理发店', ['ZWJ-001']],
    ['卫生许可证', ['SCJG-010', 'ZWJ-001']],
    ['劳务公司', ['ZWJ-003']],
    ['外省办事', ['ZWJ-005']],
    ['社保卡丢了怎么办', ['SBJ-001']],
    ['办退休', ['SBJ-007']],
    ['丧葬费', ['SBJ-008']],
    ['失业证', ['SBJ-010']],
    ['没工作', ['SBJ-010']],
    ['社保补贴', ['SBJ-013']],
    ['给员工交医保', ['YBJ-003']],
    ['住院报销', ['YBJ-005']],
    ['慢性病', ['YBJ-007']],
    ['生育津贴', ['YBJ-008']],
    ['大病', ['YBJ-009']],
    ['五保户', ['STREET-002']],
    ['残疾证', ['STREET-006']],
    ['准生证', ['STREET-007']],
    ['孤儿', ['STREET-009']],
  ])('%s, as people say it, brings %j', (query, expected) => {
    expect(ids(query, 5)).toEqual(expect.arrayContaining(expected))
  })
  it('knows everyday words for every item', () => {
    expect(sampleItems.filter((item) => item.aliases.length < 2).map((item) => item.id)).toEqual([])
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
  it('takes letters that stand far apart in a long name for nothing', () => {
    expect(ids('xyz')).not.toContain('ZRGH-001')
    expect(ids('gtzx')).toContain('SCJG-003')
  })
})
