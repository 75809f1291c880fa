/**
 * Who may import whom in the PWA, one way only (docs/architecture.md):
 * surfaces → cases, forms, ui, i18n, worker/bridge, sw/register, sw/updates; worker → sync, store, net, cases, forms;
 * store, net, cases, forms → sync; sync → nothing of ours.
 */

const TEST = '\\.test\\.ts$'

/** Files under `folder` may import, of our own source, only what matches one of `allowed`. */
function only(folder, allowed) {
  return {
    name: `${folder.replaceAll('/', '-')}-imports`,
    severity: 'error',
    from: { path: `^src/${folder}/`, pathNot: TEST },
    to: { path: '^src/', pathNot: [`^src/${folder}/`, ...allowed.map((path) => `^src/${path}`)] },
  }
}

/** Packages under `folder` that are not listed are an error. */
function packages(folder, allowed) {
  return {
    name: `${folder.replaceAll('/', '-')}-packages`,
    severity: 'error',
    from: { path: `^src/${folder}/`, pathNot: TEST },
    to: { path: 'node_modules', pathNot: allowed.map((name) => `node_modules/${name}/`) },
  }
}

const SURFACE_MAY = ['cases/', 'forms/', 'ui/', 'i18n/', 'sync/number\\.ts$', 'worker/(bridge|api)\\.ts$', 'sw/(register|updates)\\.ts$']

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, pathNot: ['\\.d\\.ts$', TEST] },
      to: {},
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no-dev-packages',
      severity: 'error',
      from: { path: '^src/', pathNot: TEST },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-tests-in-source',
      severity: 'error',
      from: { pathNot: TEST },
      to: { path: TEST },
    },
    only('surfaces/applicant', SURFACE_MAY),
    only('surfaces/desk', SURFACE_MAY),
    only('surfaces/console', SURFACE_MAY),
    only('worker', ['sync/', 'store/', 'net/', 'cases/', 'forms/']),
    only('store', ['sync/']),
    only('net', ['sync/']),
    only('cases', ['sync/']),
    only('forms', ['sync/']),
    only('sync', []),
    only('ui', ['i18n/', 'cases/', 'forms/']),
    only('i18n', []),
    only('sw', []),
    packages('sync', ['@noble/hashes', '@msgpack/msgpack']),
    packages('cases', []),
    packages('forms', []),
    {
      name: 'element-plus-in-console',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/surfaces/console/' },
      to: { path: 'node_modules/(@?element-plus|echarts)' },
    },
    {
      name: 'no-vant-in-console',
      severity: 'error',
      from: { path: '^src/surfaces/console/' },
      to: { path: 'node_modules/vant' },
    },
    {
      name: 'one-database-door',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/store/', TEST] },
      to: { path: 'node_modules/dexie' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.window.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'browser', 'default', 'types'],
      extensions: ['.ts', '.vue', '.js', '.mjs', '.json', '.css', '.d.ts'],
    },
  },
}
