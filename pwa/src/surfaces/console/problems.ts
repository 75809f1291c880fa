/** The problems as the page groups and words them. */
import type { Problem } from './api'
import { t, wordOr } from './words'

/** In the order in which they need somebody. What this version does not know is shown with what had no effect. */
export const KINDS = ['refused', 'parked', 'void', 'forked'] as const
export type Kind = (typeof KINDS)[number]

export function isKind(text: unknown): text is Kind {
  return KINDS.some((kind) => kind === text)
}

export function kindOf(problem: Problem): Kind {
  if (problem.kind === 'unknown') return 'void'
  return isKind(problem.kind) ? problem.kind : 'refused'
}

/** The act in the office's words: the hub's own in Chinese, ours in English. */
export function actText(problem: Problem, chinese: boolean): string {
  if (problem.type === '') return t('type.none')
  if (problem.type === 'case.number') return t('type.number')
  const ours = wordOr(problem.type.replace(/^case\./, 'act.'), '')
  const text = chinese ? problem.type_zh || ours : ours || problem.type_zh
  return text || t('type.other', { type: problem.type })
}

export function reasonText(problem: Problem): string {
  if (problem.kind === 'unknown') return t('reason.unknown')
  return wordOr(`reason.${problem.code}`, t('error-unknown', { code: problem.code }))
}

export function remedyText(problem: Problem): string {
  return wordOr(`remedy.${problem.code}`, t('remedy.void'))
}
