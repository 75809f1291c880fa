/** Writes a surface's web manifest beside its page, and links it. */
import type { Plugin } from 'vite'
import type { Surface } from './surfaces.ts'

export function webManifest(surface: Surface): Plugin {
  const fileName = `${surface.scope.slice(1)}manifest.webmanifest`
  return {
    name: 'zongchuang:webmanifest',
    apply: 'build',
    generateBundle() {
      this.emitFile({ type: 'asset', fileName, source: JSON.stringify(contentOf(surface), null, 2) })
    },
    transformIndexHtml() {
      return [{ tag: 'link', attrs: { rel: 'manifest', href: `/${fileName}` }, injectTo: 'head' }]
    },
  }
}

function contentOf(surface: Surface): object {
  const icon = (file: string, sizes: string, type: string, purpose: string): object => ({
    src: `/icons/${surface.name}${file}`,
    sizes,
    type,
    purpose,
  })
  return {
    id: surface.scope,
    name: surface.title,
    short_name: surface.shortTitle,
    description: '开发区一窗受理服务系统',
    lang: 'zh-CN',
    dir: 'ltr',
    scope: surface.scope,
    start_url: surface.scope,
    display: surface.display,
    background_color: '#f7f9f8',
    theme_color: '#0f5c63',
    icons: [
      icon('.svg', 'any', 'image/svg+xml', 'any'),
      icon('-192.png', '192x192', 'image/png', 'any'),
      icon('-512.png', '512x512', 'image/png', 'any'),
      icon('-maskable-512.png', '512x512', 'image/png', 'maskable'),
    ],
  }
}
