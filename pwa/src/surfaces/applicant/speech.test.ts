/** A page is read sentence by sentence. */
import { expect, it } from 'vitest'
import { sentencesOf } from './speech'

it('cuts at the end of sentences and drops what is empty', () => {
  expect(sentencesOf('要带什么。身份证;\n\n原件一份。')).toEqual(['要带什么。', '身份证;', '原件一份。'])
})

it('keeps a text without a full stop whole', () => {
  expect(sentencesOf('当场办结')).toEqual(['当场办结'])
  expect(sentencesOf('  \n')).toEqual([])
})
