// Words of the page itself, alike on all three surfaces, in English: its language, its updates, the way into it.
import type { PageKey } from './page.zh'
import type { Messages } from './translate'

export const pageEn: Messages<PageKey> = {
  'app.skip': 'Skip to the page',
  'app.nav': 'Main menu',
  'app.switch': '中文',
  'app.switch.label': 'Switch to Chinese 切换到中文',
  'app.languageFailed': 'The words could not be fetched. Connect to the network and switch again.',
  'app.update': 'A new version is ready',
  'app.update.now': 'Update now',
  'app.replaced': 'This page was updated in another window. Please reload it.',
  'app.reload': 'Reload',
  'app.missing': 'There is no such page',
  'list.and': ', ',
}
