/** Starts the applicant surface. */
import { createApp } from 'vue'
import '../../ui/tokens.css'
import '../../ui/base.css'
import '../../ui/controls.css'
import './applicant.css'
import App from './App.vue'
import { keepForOffline, loadGuide } from './guide'
import { applyLook } from './look'
import { router } from './router'
import { startLanguage } from './words'

applyLook(document.documentElement)
if ('serviceWorker' in navigator) keepForOffline(navigator.serviceWorker)
void loadGuide()
// Remembered English that cannot be fetched leaves Chinese, which is always there.
startLanguage()
  .catch(() => undefined)
  .finally(() => createApp(App).use(router).mount('#app'))
