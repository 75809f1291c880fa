/** A surface's worker answers its own pages, leaves the rest to the hub, and keeps only the hub's own answers. */
import { describe, expect, it } from 'vitest'
import { answersNavigation, isGuide } from './rules'

describe('answersNavigation', () => {
  it.each(['/', '/guide/JK-001', '/follow', '/desktop-help'])('the applicant answers %s', (path) => {
    expect(answersNavigation('/', path)).toBe(true)
  })

  it.each(['/desk', '/desk/', '/desk/cases/1', '/console', '/console/devices', '/api/guide', '/sync', '/schema', '/health', '/metrics'])(
    'the applicant leaves %s alone',
    (path) => {
      expect(answersNavigation('/', path)).toBe(false)
    },
  )

  it.each([
    ['/desk/', '/desk/cases/1', true],
    ['/desk/', '/console/', false],
    ['/desk/', '/', false],
    ['/console/', '/console/devices', true],
    ['/console/', '/desk/', false],
  ])('%s, asked for %s, says %s', (scope, path, expected) => {
    expect(answersNavigation(scope, path)).toBe(expected)
  })
})

describe('isGuide', () => {
  const json = { 'content-type': 'application/json; charset=utf-8' }

  it('keeps the hub’s JSON', () => {
    expect(isGuide(new Response('[]', { headers: json }))).toBe(true)
  })

  it('keeps no captive portal’s page', () => {
    expect(isGuide(new Response('<html>', { headers: { 'content-type': 'text/html' } }))).toBe(false)
  })

  it('keeps no refusal', () => {
    expect(isGuide(new Response('{}', { status: 503, headers: json }))).toBe(false)
  })
})
