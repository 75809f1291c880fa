/** Starts the console surface. */
import { createApp } from 'vue'
import 'element-plus/theme-chalk/base.css'
import '../../ui/tokens.css'
import '../../ui/base.css'
import '../../ui/controls.css'
import './theme.css'
import App from './App.vue'
import { router } from './router'
import { resume } from './session'
import { startLanguage } from './words'

void resume()
// Remembered English that cannot be fetched leaves Chinese, which is always there.
startLanguage()
  .catch(() => undefined)
  .finally(() => createApp(App).use(router).mount('#app'))
