// Which act is the big button, whom a case waits for, what is read first, and what an act still lacks.
import { expect, test } from 'vitest'
import type { ItemRecord } from '../../../forms/item'
import type { ActionView, HistoryRow, Holder, NextStep } from '../../../worker/api'
import { bringsNothing, isStillOpen, lackingOf } from './actInput'
import { isOrdinary, ordinaryNext, orderActs, standingWords } from './acts'

const act = (type: string, blocked: string | null = null): ActionView => ({ type: `case.${type}`, zh: type, needs: [], blocked })
const material = (status: string): Holder[] => [{ value: { id: 'm', status, photos: [], note: '' }, author: '甲', ms: 1 }]
const RECEIVED = [act('request_correction'), act('refuse_acceptance'), act('accept_with_deferral'), act('accept')]

test('the ordinary step comes first', () => {
  expect(orderActs({ actions: RECEIVED, materials: {} }, undefined)[0]?.type).toBe('case.accept')
})

test('with a deferred material 容缺受理 takes its place', () => {
  expect(orderActs({ actions: RECEIVED, materials: { m: material('deferred') } }, undefined)[0]?.type).toBe('case.accept_with_deferral')
})

test('容缺受理 is offered only where a material may come later', () => {
  const types = (deferrable: boolean): string[] => orderActs({ actions: RECEIVED, materials: {} }, { materials: [{ id: 'm', name: '', deferrable } as ItemRecord['materials'][number]] }).map((one) => one.type)
  expect(types(false)).not.toContain('case.accept_with_deferral')
  expect(types(true)).toContain('case.accept_with_deferral')
})

test('a blocked act is last and never the big button', () => {
  const acts = orderActs({ actions: [act('approve', 'own-review'), act('deny')], materials: {} }, undefined)
  expect(acts.map((one) => one.type)).toEqual(['case.deny', 'case.approve'])
  expect(acts.some(isOrdinary)).toBe(false)
})

test('receiving an online case is not an act of this page', () => {
  expect(orderActs({ actions: [act('receive')], materials: {} }, undefined)).toEqual([])
})

test('a case waits for its ordinary step, not for what may always happen', () => {
  const step = (type: string, ...roles: string[]): NextStep => ({ type: `case.${type}`, zh: type, roles })
  expect(ordinaryNext({ next: [step('withdraw', 'applicant'), step('deny', 'approver'), step('approve', 'approver')] })?.type).toBe('case.approve')
  expect(ordinaryNext({ next: [step('withdraw', 'applicant')] })).toBeNull()
})

test('the words by which a case came where it stands are read first; pleasantries are not', () => {
  const row = (type: string, from: string, to: string, text: string, effect: HistoryRow['effect'] = 'applied'): HistoryRow => ({ type: `case.${type}`, seq: 1, open: false, author: '', device: 2, deviceMs: 1, hubMs: 1, effect, code: '', from, to, text, missing: [], until: '', recipient: '', manner: '', changes: [] })
  const opinion = row('review_opinion', 'under_review', 'decision_pending', '建议不予')
  expect(standingWords({ history: [opinion, row('edit', 'decision_pending', 'decision_pending', ''), row('approve', 'decision_pending', 'decision_pending', '同意', 'void')] })).toBe(opinion)
  expect(standingWords({ history: [opinion, row('approve', 'decision_pending', 'approved', '同意')] })).toBeNull()
})

test('what is needed and empty is named in the order of the sheet', () => {
  expect(lackingOf(['opinion', 'reason'], { opinion: ' ', reason: '' }, '2026-11-24')).toEqual(['opinion', 'reason'])
  expect(lackingOf(['missing'], { missing: [] }, '2026-11-24')).toEqual(['missing'])
  expect(lackingOf(['recipient', 'manner'], { recipient: '张建国', manner: 'post' }, '2026-11-24')).toEqual([])
})

test('a deferral stays open until each of its materials is marked as there', () => {
  expect(isStillOpen(['a', 'b'], [{ id: 'a', status: 'provided' }, { id: 'b', status: 'deferred' }])).toBe(true)
  expect(isStillOpen(['a', 'b'], [{ id: 'a', status: 'provided' }, { id: 'b', status: 'exempt' }, { id: 'c', status: 'missing' }])).toBe(false)
})

test('lets no correction be asked for that says not how, or by a day that is past', () => {
  const one = { kind: 'material', id: 'a', note: '缺签字页' } as const
  expect(lackingOf(['missing'], { missing: [one, { ...one, id: 'b', note: ' ' }], until: '2020-01-01' }, '2026-11-24')).toEqual(['notes', 'until'])
  expect(lackingOf(['missing'], { missing: [one], until: '2026-11-24' }, '2026-11-24')).toEqual([])
  expect(lackingOf(['missing'], { missing: [one], until: '' }, '2026-11-24')).toEqual([])
})

test('takes for a correction nothing that brings none of what was asked for', () => {
  const asked = [{ kind: 'material', id: 'a', note: '' }, { kind: 'material', id: 'b', note: '' }] as const
  expect(bringsNothing(asked, [{ id: 'a', status: 'missing' }, { id: 'b', status: 'missing' }, { id: 'c', status: 'provided' }])).toBe(true)
  expect(bringsNothing(asked, [{ id: 'a', status: 'provided' }, { id: 'b', status: 'missing' }])).toBe(false)
  expect(bringsNothing([...asked, { kind: 'field', id: 'phone', note: '' }], [{ id: 'a', status: 'missing' }, { id: 'b', status: 'missing' }])).toBe(false)
})
