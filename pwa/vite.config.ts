/** Builds one surface, chosen by SURFACE; without it, serves all three for development. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig, type InlineConfig, type PluginOption, type UserConfig } from 'vite'
import { VitePWA } from 'vite-plugin-pwa'
import type { ManifestTransform } from 'workbox-build'
import { budget } from './build/budget.ts'
import { clearSurface, precompress } from './build/output.ts'
import { getSurface, type Surface } from './build/surfaces.ts'
import { vantIconFont } from './build/vant.ts'
import { webManifest } from './build/webmanifest.ts'

const ROOT = fileURLToPath(new URL('.', import.meta.url))
const DIST = resolve(ROOT, 'dist')
const HUB = process.env['HUB'] ?? 'http://127.0.0.1:8000'

export default defineConfig(({ command }) => {
  const shared: UserConfig = {
    root: ROOT,
    base: '/',
    plugins: [vantIconFont(resolve(ROOT, 'node_modules/.cache')), vue()],
    worker: { format: 'es' },
    define: { __APP_VERSION__: JSON.stringify(process.env['npm_package_version'] ?? '0.0.0') },
  }
  if (command === 'serve') {
    const paths = ['/api', '/sync', '/schema', '/health', '/metrics']
    const proxy = Object.fromEntries(paths.map((path) => [path, { target: HUB, ws: true }]))
    return { ...shared, server: { proxy } }
  }
  return { ...shared, ...buildOf(getSurface(process.env['SURFACE'] ?? ''), shared) }
})

function buildOf(surface: Surface, shared: UserConfig): UserConfig {
  const folder = surface.scope.slice(1)
  const plugins: PluginOption[] = [
    clearSurface(surface, DIST),
    ...(shared.plugins ?? []),
    webManifest(surface),
    worker(surface, folder),
    budget(surface),
    precompress(surface, DIST),
  ]
  return {
    plugins,
    logLevel: 'warn',
    build: {
      outDir: DIST,
      assetsDir: `${folder}assets`,
      emptyOutDir: false,
      copyPublicDir: surface.scope === '/',
      target: ['chrome103', 'safari16'],
      // Inlined files and the preload polyfill would need a looser Content-Security-Policy.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      rolldownOptions: { input: resolve(ROOT, `${folder}index.html`) },
    },
  }
}

/** The surface's service worker, which precaches this surface's files and no other's. */
function worker(surface: Surface, folder: string): PluginOption {
  return VitePWA({
    strategies: 'injectManifest',
    srcDir: `src/sw/${surface.name}`,
    filename: 'sw.ts',
    outDir: join(DIST, folder),
    scope: surface.scope,
    injectRegister: false,
    includeManifestIcons: false,
    integration: { configureCustomSWViteBuild: quietly },
    injectManifest: {
      globPatterns: ['**/*.{html,js,css,woff2,webmanifest}'],
      globIgnores: surface.scope === '/' ? ['desk/**', 'console/**'] : [],
      modifyURLPrefix: { '': surface.scope },
      dontCacheBustURLsMatching: /\/assets\//,
      manifestTransforms: [withIntegrity],
    },
    // The plugin would precache its own manifest under a path relative to the worker, which is wrong below the root.
    manifest: false,
  })
}

/** The worker's own build, without its report, and with one file asked for in today's words. */
function quietly(config: InlineConfig): void {
  config.logLevel = 'warn'
  const output = config.build?.rollupOptions?.output
  if (output === undefined || Array.isArray(output)) return
  delete output.inlineDynamicImports
  output.codeSplitting = false
}

/** Gives each precached file its digest, so that a captive portal's page is never kept as one of ours. */
const withIntegrity: ManifestTransform = async (entries) => {
  const manifest = await Promise.all(
    entries.map(async (entry) => {
      const content = await readFile(join(DIST, entry.url))
      const integrity = `sha384-${createHash('sha384').update(content).digest('base64')}`
      return { ...entry, integrity }
    }),
  )
  return { manifest, warnings: [] }
}
