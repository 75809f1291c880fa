// What an act still lacks, by what its row of the lifecycle needs. Pure.
import type { ActInput, MaterialLine } from '../../../worker/api'

export type ActPart = 'brought' | 'opinion' | 'reason' | 'ground' | 'missing' | 'deferred' | 'recipient' | 'manner' | 'point'
const PARTS: readonly Exclude<ActPart, 'brought'>[] = ['missing', 'deferred', 'point', 'recipient', 'manner', 'ground', 'opinion', 'reason']

/** The needed parts that are empty, in the order of the sheet. */
export function lackingOf(needs: readonly string[], input: ActInput): ActPart[] {
  return PARTS.filter((part) => {
    if (!needs.includes(part)) return false
    const value = input[part]
    return value === undefined || (typeof value === 'string' ? value.trim() === '' : value.length === 0)
  })
}

/** Whether a deferred material that is being made good is not marked as there: the act would close the deferral all the same. */
export function isStillOpen(deferred: readonly string[], lines: readonly Pick<MaterialLine, 'id' | 'status'>[]): boolean {
  return lines.some(({ id, status }) => deferred.includes(id) && (status === 'deferred' || status === 'missing'))
}

/** Grounds that stop the decision clock (行政许可法 Art. 45). */
export const GROUNDS = ['听证', '招标', '拍卖', '检验', '检测', '检疫', '鉴定', '专家评审'] as const
