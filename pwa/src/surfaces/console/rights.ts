/**
 * What an account may do beside looking (server/flows/console_rights.py, ADMINISTRATORS): enrol devices and revoke them.
 *
 * The hub judges again; this is so that nobody is offered what it will refuse.
 */
import type { Account } from './api'

export const ADMINISTRATORS: readonly string[] = ['sys_admin', 'security_admin', 'sync_admin', 'point_manager']

/** Whether devices of this point are the account's to enrol and revoke; without a point: of any. */
export function mayAdminister(account: Pick<Account, 'roles'>, point?: string): boolean {
  return account.roles.some(
    (held) => ADMINISTRATORS.includes(held.role) && (point === undefined || held.point === '' || held.point === point),
  )
}
