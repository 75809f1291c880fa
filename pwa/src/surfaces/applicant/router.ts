/** The applicant's pages and their addresses, which may be shared and opened by themselves. */
import { nextTick } from 'vue'
import { createRouter, createWebHistory } from 'vue-router'
import { setReceipt, state } from './follow'
import HomePage from './pages/HomePage.vue'

export const router = createRouter({
  history: createWebHistory('/'),
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
  routes: [
    { path: '/', name: 'home', component: HomePage },
    { path: '/items', name: 'items', component: () => import('./pages/ItemsPage.vue') },
    { path: '/guide/:id', name: 'guide', component: () => import('./pages/GuidePage.vue'), props: true },
    { path: '/follow', name: 'follow', component: () => import('./pages/FollowReceipt.vue') },
    { path: '/follow/id', name: 'follow-id', component: () => import('./pages/FollowId.vue') },
    { path: '/follow/result', name: 'follow-result', component: () => import('./pages/FollowResult.vue') },
    { path: '/:rest(.*)*', name: 'missing', component: () => import('./pages/MissingPage.vue') },
  ],
})

router.beforeEach((to) => {
  // A receipt's QR code leads to /follow?no=…; the number is no secret without the second answer.
  if (to.name === 'follow' && typeof to.query['no'] === 'string') setReceipt(to.query['no'])
  if (to.name === 'follow-id' && state.receipt === '') return { name: 'follow', replace: true }
  if (to.name === 'follow-result' && state.outcome === null) return { name: 'follow', replace: true }
  return true
})

router.afterEach(async (to, from) => {
  if (from.matched.length === 0 || to.path === from.path) return
  // A screen reader is led to the new page, as it would be by a page load.
  await nextTick()
  document.querySelector<HTMLElement>('main h1')?.focus({ preventScroll: true })
})
