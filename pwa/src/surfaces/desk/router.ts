// The desk's pages, each fetched when it is opened, and who may stand where: enrol, sign in, PIN, unlock, work.
import { createRouter, createWebHistory, type RouteLocationRaw } from 'vue-router'
import { account, holds, status } from './model/engine'

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
        { path: '', name: 'home', redirect: () => ({ name: holds('window_clerk') ? 'intake' : 'queue' }) },
        { path: 'intake', name: 'intake', component: () => import('./intake/StartPage.vue') },
        { path: 'intake/:id', name: 'draft', component: () => import('./intake/DraftPage.vue'), props: true },
        { path: 'receipt/:id', name: 'receipt', component: () => import('./receipt/ReceiptPage.vue'), props: true },
        { path: 'cases/:id?', name: 'cases', component: () => import('./cases/CasesPage.vue'), props: (to) => ({ id: to.params['id'] ?? '', mode: 'cases' }) },
        { path: 'queue/:id?', name: 'queue', component: () => import('./cases/CasesPage.vue'), props: (to) => ({ id: to.params['id'] ?? '', mode: 'queue' }) },
        { path: ':rest(.*)*', redirect: { name: 'home' } },
      ],
    },
  ],
})

/** Where a person has to be first, or null when nothing stands in the way. `to` comes back after unlocking. */
export function gate(open: boolean, back: string): RouteLocationRaw | null {
  const now = status.value
  if (now === null) return null
  if (now.device === null) return { name: 'enrol' }
  if (account.value === null && !open) {
    const query = back === '/' ? {} : { to: back }
    return now.users.some((user) => user.hasPin) ? { name: 'lock', query } : { name: 'sign-in', query }
  }
  return null
}

router.beforeEach((to) => {
  const open = to.meta.open === true
  const first = gate(open, to.fullPath)
  if (first !== null && typeof first !== 'string' && 'name' in first && first.name !== to.name) return first
  if (to.name === 'enrol' && status.value?.device != null) return { name: 'home' }
  return true
})
