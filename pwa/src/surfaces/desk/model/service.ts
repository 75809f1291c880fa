// Whether this device is in service, and who may put it there again.
import { computed } from 'vue'
import { reference, status } from './engine'
import { roleWord, t } from './words'

export const revoked = computed(() => (status.value?.revokedMs ?? 0) > 0)

/** The administrators by name as far as the zone's records are open here; else by what they are. */
export const askWhom = computed(() => {
  const { administrators } = reference.value
  if (administrators.length === 0) return t('revoked.whoDefault')
  // A name that says the office already needs it no second time.
  return administrators.map(({ name, role }) => (name.includes(roleWord(role)) ? name : t('revoked.person', { name, role: roleWord(role) }))).join('、')
})
