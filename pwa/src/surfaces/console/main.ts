/** Starts the console surface. */
import { createApp } from 'vue'
import App from './App.vue'

createApp(App).mount('#app')
