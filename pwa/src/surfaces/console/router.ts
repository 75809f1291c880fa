/** The console's pages. Who may see them is the hub's to say; a page shows its refusal. */
import { nextTick } from 'vue'
import { createRouter, createWebHistory } from 'vue-router'
import OverviewPage from './pages/OverviewPage.vue'

export const router = createRouter({
  history: createWebHistory('/console/'),
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
  routes: [
    { path: '/', name: 'overview', component: OverviewPage },
    { path: '/problems', name: 'problems', component: () => import('./pages/ProblemsPage.vue') },
    { path: '/devices/:number(\\d{1,16})', name: 'device', component: () => import('./pages/DevicePage.vue') },
    { path: '/replicas', name: 'replicas', component: () => import('./pages/ReplicasPage.vue') },
    { path: '/replicas/:feed', name: 'feed', component: () => import('./pages/FeedPage.vue') },
    { path: '/enrol', name: 'enrol', component: () => import('./pages/EnrolPage.vue') },
    { path: '/:rest(.*)*', name: 'missing', component: () => import('./pages/MissingPage.vue') },
  ],
})

router.afterEach(async (to, from) => {
  if (from.matched.length === 0 || to.path === from.path) return
  await nextTick()
  document.querySelector<HTMLElement>('main h1')?.focus({ preventScroll: true })
})
