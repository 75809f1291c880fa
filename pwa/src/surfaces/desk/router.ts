// The desk's pages, each fetched when it is opened, and who may stand where: enrol, sign in, PIN, unlock, work.
import { nextTick } from 'vue'
import { createRouter, createWebHistory } from 'vue-router'
import { account, engineStarted, holds, status } from './model/engine'
import { rememberPlace } from './model/place'
import { revoked } from './model/service'

declare module 'vue-router' {
  interface RouteMeta {
    /** Open to a tablet that nobody has unlocked. */
    open?: boolean
  }
}

export const router = createRouter({
  history: createWebHistory('/desk/'),
  routes: [
    { path: '/enrol', name: 'enrol', meta: { open: true }, component: () => import('./access/EnrolPage.vue') },
    { path: '/sign-in', name: 'sign-in', meta: { open: true }, component: () => import('./access/SignInPage.vue') },
    { path: '/pin', name: 'pin', meta: { open: true }, component: () => import('./access/PinPage.vue') },
    { path: '/lock', name: 'lock', meta: { open: true }, component: () => import('./access/LockPage.vue') },
    {
      path: '/',
      component: () => import('./shell/ShellPage.vue'),
      children: [
        { path: '', name: 'home', component: () => import('./cases/CasesPage.vue'), props: { id: '', mode: 'queue' } },
        { path: 'intake', name: 'intake', component: () => import('./intake/StartPage.vue') },
        { path: 'intake/:id', name: 'draft', component: () => import('./intake/DraftPage.vue'), props: true },
        { path: 'receipt/:id', name: 'receipt', component: () => import('./receipt/ReceiptPage.vue'), props: true },
        { path: 'cases/:id?', name: 'cases', component: () => import('./cases/CasesPage.vue'), props: (to) => ({ id: to.params['id'] ?? '', mode: 'cases' }) },
        { path: 'queue/:id?', name: 'queue', component: () => import('./cases/CasesPage.vue'), props: (to) => ({ id: to.params['id'] ?? '', mode: 'queue' }) },
        { path: 'revoked', name: 'revoked', component: () => import('./shell/RevokedPage.vue') },
        { path: 'former', name: 'former', component: () => import('./shell/FormerPage.vue') },
        { path: ':rest(.*)*', redirect: { name: 'home' } },
      ],
    },
  ],
})

interface Stand {
  name: 'enrol' | 'lock' | 'sign-in'
  query?: { to?: string }
}

/** Where a person has to be first, or null when nothing stands in the way. `to` comes back after unlocking. */
export function gate(open: boolean, back: string): Stand | null {
  const now = status.value
  if (now === null) return null
  if (now.device === null) return { name: 'enrol' }
  if (account.value === null && !open) {
    const query = back === '/' ? {} : { to: back }
    return now.users.some((user) => user.hasPin) ? { name: 'lock', query } : { name: 'sign-in', query }
  }
  return null
}

router.beforeEach(async (to) => {
  await engineStarted
  const open = to.meta.open === true
  const first = gate(open, to.fullPath)
  if (first !== null && first.name !== to.name) return first
  if (revoked.value && (to.name === 'home' || to.name === 'intake' || to.name === 'draft')) return { name: 'revoked', replace: true }
  if (!revoked.value && to.name === 'revoked') return { name: 'home' }
  if (to.name === 'home') return { name: holds('window_clerk') ? 'intake' : 'queue', replace: true }
  if (to.name === 'enrol' && status.value?.device != null && !revoked.value) return { name: 'home' }
  return true
})

router.beforeResolve((to) => {
  // Another tab may have handed over the keys while the lock's page was being fetched: then nobody need unlock.
  const asked = to.name === 'lock' && account.value !== null ? to.redirectedFrom : undefined
  return asked?.fullPath ?? true
})

router.afterEach(async (to, from, failure) => {
  if (failure !== undefined) return
  if (to.meta.open !== true && account.value !== null) rememberPlace(account.value.id, to.fullPath)
  if (from.matched.length === 0 || to.path === from.path) return
  await nextTick()
  // What had the focus went with its page; a page that wants it somewhere else has taken it by now.
  if (document.activeElement === document.body) document.getElementById('page')?.focus({ preventScroll: true })
})
