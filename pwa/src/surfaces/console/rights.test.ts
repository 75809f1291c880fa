// Who is offered enrolment and revocation: exactly those whom the hub lets.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ADMINISTRATORS, mayAdminister } from './rights'

const account = (...roles: [string, string][]) => ({ roles: roles.map(([role, point]) => ({ role, point, dept: '' })) })

describe('who may administer devices', () => {
  it('is whom the hub lets', () => {
    const source = readFileSync(new URL('../../../../server/flows/console_rights.py', import.meta.url), 'utf8')
    const [, listed = ''] = /^ADMINISTRATORS = frozenset\(\{([^}]*)\}\)$/m.exec(source) ?? []
    expect([...listed.matchAll(/"(\w+)"/g)].map(([, role]) => role).sort()).toEqual([...ADMINISTRATORS].sort())
  })
  it('a supervisor and an auditor only look', () => {
    for (const role of ['supervisor', 'audit_admin']) expect(mayAdminister(account([role, '']))).toBe(false)
  })
  it('an administrator of the zone everywhere, a manager at the point', () => {
    expect(mayAdminister(account(['sys_admin', '']), 'JZ')).toBe(true)
    const manager = account(['supervisor', ''], ['point_manager', 'JZ'])
    expect([mayAdminister(manager), mayAdminister(manager, 'JZ'), mayAdminister(manager, 'HALL')]).toEqual([true, true, false])
  })
})
