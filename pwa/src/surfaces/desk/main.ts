/** Starts the desk surface: language, engine, pages, and the service worker that keeps it usable with the line cut. */
import { createApp } from 'vue'
import '../../ui/tokens.css'
import '../../ui/base.css'
import '../../ui/controls.css'
import 'vant/es/style/base.css'
import 'vant/es/loading/index.css'
import 'vant/es/button/index.css'
import '../../ui/vant.css'
import App from './App.vue'
import { watchDefects } from './model/defects'
import { startUpdates } from './model/updates'
import { startLanguage } from './model/words'
import { router } from './router'

// English is fetched; when that fails the surface starts in Chinese rather than not at all.
await startLanguage().catch(() => undefined)
const app = createApp(App).use(router)
watchDefects(app)
app.mount('#app')
startUpdates()
