// Words of the page itself, alike on all three surfaces, in Chinese: its language, its updates, the way into it.

export const pageZh = {
  'app.skip': '跳到正文',
  'app.nav': '主菜单',
  'app.switch': 'English',
  'app.switch.label': '切换到英文 Switch to English',
  'app.languageFailed': '没有取到英文文字，请连上网再切换。',
  'app.update': '有新版本',
  'app.update.now': '现在更新',
  'app.replaced': '本页已在另一个窗口更新，请刷新后再用。',
  'app.reload': '刷新',
  'app.missing': '没有这一页',
  'list.and': '、',
} as const

export type PageKey = keyof typeof pageZh
