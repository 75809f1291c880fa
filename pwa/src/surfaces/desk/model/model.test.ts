// Draft ids, shared answers, key names, haste while the line is cut, moments.
import { expect, test } from 'vitest'
import { faceOf } from './faces'
import { HURRY_MS, shouldHurry } from './hurry'
import { moment } from './moments'
import { nameOfKey } from './keyName'
import { newDraftId, sharedAnswers } from './newDraft'

test('a draft id is a UUIDv7 of its time', () => {
  const id = newDraftId(0x0123456789ab)
  expect(id).toMatch(/^0123456789ab7[0-9a-f]{3}[89ab][0-9a-f]{15}$/)
  expect(newDraftId(1)).not.toBe(newDraftId(1))
})

test('answers go over to the fields that the other form has too', () => {
  const item = { formFields: [{ key: 'applicantName', label: '', type: 'text' as const, required: true }] }
  expect(sharedAnswers({ applicantName: '张建国', other: 'x' }, item)).toEqual({ applicantName: '张建国' })
})

test('keys are named with their modifiers', () => {
  const event = { key: 'N', altKey: true, ctrlKey: false, metaKey: false }
  expect(nameOfKey(event)).toBe('Alt+n')
  expect(nameOfKey({ ...event, key: 'Enter', altKey: false, ctrlKey: true })).toBe('Ctrl+Enter')
})

test('the line is tried for whoever works here, now and then, and only while it is cut', () => {
  expect(shouldHurry('none', true, 0, HURRY_MS)).toBe(true)
  expect(shouldHurry('none', true, 1, HURRY_MS)).toBe(false)
  expect(shouldHurry('none', false, 0, HURRY_MS)).toBe(false)
  expect(['hub', 'point', undefined].some((reach) => shouldHurry(reach as 'hub' | 'point' | undefined, true, 0, HURRY_MS))).toBe(false)
})

test('a moment is the hour today and the day before', () => {
  const now = new Date('2026-11-23T16:00:00+08:00').getTime()
  expect(moment(new Date('2026-11-23T09:05:00+08:00').getTime(), now, 'zh-CN')).toBe('09:05')
  expect(moment(new Date('2026-11-22T09:05:00+08:00').getTime(), now, 'zh-CN')).toBe('11月22日 09:05')
  expect(moment(0, now, 'zh-CN')).toBe('')
})

test('two people whose names end alike are told apart', () => {
  const names = ['一楼大厅综窗受理员甲', '一楼大厅综窗受理员乙', '一楼大厅出件员甲']
  expect(names.map((name) => faceOf(name, names))).toEqual(['综甲', '乙', '出甲'])
  expect(faceOf('李', ['李'])).toBe('李')
})
