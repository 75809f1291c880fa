// What an act still lacks, by what its row of the lifecycle needs. Pure.
import type { ActInput, CaseView, MaterialLine } from '../../../worker/api'

export type ActPart = 'brought' | 'opinion' | 'reason' | 'ground' | 'missing' | 'notes' | 'until' | 'deferred' | 'recipient' | 'manner' | 'point'
const PARTS: readonly Exclude<ActPart, 'brought' | 'notes' | 'until'>[] = ['missing', 'deferred', 'point', 'recipient', 'manner', 'ground', 'opinion', 'reason']

/** The needed parts that are empty, or say what cannot be, in the order of the sheet; `today`: YYYY-MM-DD in the zone. */
export function lackingOf(needs: readonly string[], input: ActInput, today: string): ActPart[] {
  return [...emptyOf(needs, input), ...(needs.includes('missing') ? unfitOf(input, today) : [])]
}

/** What an applicant could not follow: something to be corrected that does not say how, a day that is past. */
function unfitOf({ missing = [], until = '' }: ActInput, today: string): ActPart[] {
  const silent = missing.some(({ note }) => note.trim() === '')
  return [...(silent ? ['notes' as const] : []), ...(until !== '' && until < today ? ['until' as const] : [])]
}

function emptyOf(needs: readonly string[], input: ActInput): ActPart[] {
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

/** Whether none of the materials that were asked for is marked as there, and nothing but materials was asked for. */
export function bringsNothing(missing: readonly CaseView['missing'][number][], lines: readonly Pick<MaterialLine, 'id' | 'status'>[]): boolean {
  const stillMissing = new Set(lines.filter(({ status }) => status === 'missing').map(({ id }) => id))
  return missing.length > 0 && missing.every(({ kind, id }) => kind === 'material' && stillMissing.has(id))
}

/** Grounds that stop the decision clock (行政许可法 Art. 45). */
export const GROUNDS = ['听证', '招标', '拍卖', '检验', '检测', '检疫', '鉴定', '专家评审'] as const
