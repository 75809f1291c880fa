// The one surprise that every part of the engine must turn into words: storage that failed.

/** The browser's storage refused or lost something; the person must be told. */
export class StoreFailed extends Error {
  constructor(
    readonly code: string,
    detail: string,
  ) {
    super(`${code}: ${detail}`);
    this.name = 'StoreFailed';
  }
}
