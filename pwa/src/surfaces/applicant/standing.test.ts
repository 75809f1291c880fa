/** Every state of the lifecycle has plain words and a standing that fits its end. */
import { describe, expect, it } from 'vitest'
import lifecycle from '../../../../sync/lifecycle.json'
import { applicantEn } from '../../i18n/applicant.en'
import { applicantZh } from '../../i18n/applicant.zh'
import { slotsOf } from '../../i18n/translate'
import { standingOf, stateTold } from './standing'

describe('plain words', () => {
  it.each(Object.keys(lifecycle.states))('%s: what it means and what happens next', (state) => {
    expect(applicantZh).toHaveProperty([`plain.${state}`])
    expect(applicantZh).toHaveProperty([`then.${state}`])
  })

  it('ask for the same parameters in both languages', () => {
    for (const [key, zh] of Object.entries(applicantZh)) {
      const en = applicantEn[key as keyof typeof applicantZh]
      expect([key, slotsOf(en)]).toEqual([key, slotsOf(zh)])
    }
  })
})

describe('standingOf', () => {
  it.each(Object.entries(lifecycle.states).filter(([, { terminal }]) => terminal))('%s is over', (state) => {
    expect(['good', 'ended']).toContain(standingOf(state))
  })

  it('takes an unknown state for going its way', () => {
    expect(standingOf('something_new')).toBe('going')
  })
})

describe('stateTold', () => {
  it('calls no denial a good end', () => {
    const told = stateTold('delivered', [{ type: 'case.receive' }, { type: 'case.deny' }, { type: 'case.deliver_denial' }])
    expect(standingOf(told)).toBe('ended')
    expect(applicantZh).toHaveProperty([`plain.${told}`])
    expect(applicantZh).toHaveProperty([`then.${told}`])
  })

  it('leaves every other state as it is', () => {
    expect(stateTold('delivered', [{ type: 'case.receive' }, { type: 'case.approve' }])).toBe('delivered')
    expect(stateTold('under_review', [{ type: 'case.receive' }])).toBe('under_review')
  })
})
