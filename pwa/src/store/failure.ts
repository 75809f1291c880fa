// The one surprise of a store that every part above it must turn into words: it cannot be read, or could not be opened.

/** `storage-failed`, `-full`: it may go again; `-lost`: what was kept is gone; `-newer`, `-upgrade`: all is there, in another version's shape. */
export type StoreCode = 'storage-failed' | 'storage-full' | 'storage-lost' | 'storage-newer' | 'storage-upgrade';

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
