/** Names that the build puts into every context. */

/** The version in package.json, reported to the hub with each push. */
declare const __APP_VERSION__: string
