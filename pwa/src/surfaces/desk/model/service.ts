// Whether this device is in service, and who may put it there again.
import { computed } from 'vue'
import { holds, reference, status } from './engine'
import { roleWord, t } from './words'

export const revoked = computed(() => (status.value?.revokedMs ?? 0) > 0)

const lostRoles = computed(() => status.value?.lostRoles ?? [])
/** Whoever took cases in here and may not any more: drafts stay, and nothing new is begun. */
export const intakeClosed = computed(() => !holds('window_clerk') && lostRoles.value.some(({ role }) => role === 'window_clerk'))
/** What is said of roles that were withdrawn; '': none was. */
export const lostTitle = computed(() => {
  if (lostRoles.value.length === 0) return ''
  const roles = [...new Set(lostRoles.value.map(({ role }) => roleWord(role)))].join('、')
  return t(lostRoles.value.every(({ point }) => point !== '') ? 'roles.lostHere' : 'roles.lost', { roles })
})

/** The administrators by name as far as the zone's records are open here; else by what they are. */
export const askWhom = computed(() => {
  const { administrators } = reference.value
  if (administrators.length === 0) return t('revoked.whoDefault')
  // A name that says the office already needs it no second time.
  return administrators.map(({ name, role }) => (name.includes(roleWord(role)) ? name : t('revoked.person', { name, role: roleWord(role) }))).join('、')
})
