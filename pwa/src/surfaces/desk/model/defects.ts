// What nobody expected: a component that broke, a promise that nobody caught. It is said, so that no page just stands still.
import { shallowRef, type App } from 'vue'

/** Something has failed since the page was loaded. */
export const defect = shallowRef(false)

/** Listens for as long as the page lives. */
export function watchDefects(app: App): void {
  app.config.errorHandler = (error) => {
    defect.value = true
    console.error(error)
  }
  window.addEventListener('unhandledrejection', () => { defect.value = true })
}
