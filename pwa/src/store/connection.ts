// The connection to IndexedDB, which browsers cut when they like (WebKit in the background, a cleared site, a crash of the
// storage process): a transaction that it took along is run once more on a new one, and only then said to have failed.

import { StoreFailed, type StoreCode } from './failure';
import { SAVED, type Saved } from './port';
import { ageOf, keptVersion, Tables, versionsOf, type SchemaVersion } from './schema';

/** Both ways to write: on the disk when it resolves, or soon. */
export interface Both {
  strict: Tables;
  relaxed: Tables;
}

const TRIES_MAX = 2;
/** A browser whose storage hangs says nothing at all; whoever types is told then, and tries again. */
const REOPEN_MS_MAX = 5_000;

export class Connection {
  private opening: Promise<Both> | null = null;
  private ended = false;

  private constructor(
    private readonly name: string,
    private readonly versions: readonly SchemaVersion[],
    private both: Both | null,
    /** What was kept is open as an earlier version left it, because it could not be upgraded. */
    readonly asKept: boolean,
  ) {}

  /** Opens, makes or upgrades the database. Rejects with StoreFailed, and leaves what is kept as it was. */
  static async open(name: string, versions: readonly SchemaVersion[]): Promise<Connection> {
    return new Connection(name, versions, await openBoth(name, versions, true), false);
  }

  /** Opens what an earlier version kept in the shape that it left. */
  static async openAsKept(name: string, versions: readonly SchemaVersion[]): Promise<Connection> {
    const kept = versionsOf(await keptVersion(name), versions);
    return new Connection(name, kept, await openBoth(name, kept, false), true);
  }

  /**
   * Runs `work`, which is one transaction, or one request. It may run twice, the second time after one that has come
   * about though nobody could say so any more: then it must change nothing.
   */
  async run<T>(work: (both: Both) => PromiseLike<T>): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      const both = await this.current();
      try {
        return await work(both);
      } catch (error) {
        if (!isCut(error)) throw error;
        this.drop(both);
        if (tries === TRIES_MAX) throw error;
      }
    }
  }

  /** Reads. Rejects with StoreFailed. */
  async read<T>(work: (both: Both) => PromiseLike<T>): Promise<T> {
    try {
      return await this.run(work);
    } catch (error) {
      throw failureOf(error);
    }
  }

  /** Writes; whatever the browser says against it (quota, corruption, eviction) comes back as a value. */
  async write(work: (both: Both) => PromiseLike<unknown>): Promise<Saved> {
    try {
      await this.run(work);
      return SAVED;
    } catch (error) {
      const { code, message } = failureOf(error);
      return { ok: false, code: code as StoreCode, detail: message };
    }
  }

  end(): void {
    this.ended = true;
    if (this.both !== null) close(this.both);
  }

  /** Whoever comes next opens it anew. */
  private drop(both: Both): void {
    if (this.both !== both) return;
    this.both = null;
    close(both);
  }

  private async current(): Promise<Both> {
    if (this.ended) throw new StoreFailed('storage-failed', 'closed');
    if (this.both !== null) return this.both;
    this.opening ??= openBoth(this.name, this.versions, false)
      .then((both) => {
        if (this.ended) close(both);
        this.both = both;
        return both;
      })
      .finally(() => {
        this.opening = null;
      });
    return within(REOPEN_MS_MAX, this.opening);
  }
}

/** What comes later than this is kept for who comes next. */
async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new StoreFailed('storage-failed', 'not opened in time'));
    }, ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function openBoth(name: string, versions: readonly SchemaVersion[], makes: boolean): Promise<Both> {
  const strict = new Tables(name, 'strict', versions, makes);
  const relaxed = new Tables(name, 'relaxed', versions, false);
  let upgrading = false;
  try {
    const kept = await keptVersion(name);
    if (kept === 0 && !makes) throw new StoreFailed('storage-lost', 'the database is gone');
    const age = ageOf(kept, versions);
    // Asked before Dexie opens it, which would take whatever is there and add to it what it misses.
    if (age === 'newer') throw new StoreFailed('storage-newer', `the database is of version ${String(kept)}`);
    upgrading = kept > 0 && age === 'older';
    await strict.open();
    upgrading = false;
    await relaxed.open();
    // Dexie says that it is open also when it could not look into it, and nothing goes then.
    await Promise.all([strict.device.count(), relaxed.device.count()]);
    return { strict, relaxed };
  } catch (error) {
    close({ strict, relaxed });
    throw upgrading ? new StoreFailed('storage-upgrade', String(error)) : failureOf(error);
  }
}

function close({ strict, relaxed }: Both): void {
  strict.close();
  relaxed.close();
}

/** The names of an error and of what Dexie says were its causes. */
function namesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const { inner, failures = [] } = error as Error & { inner?: unknown; failures?: readonly unknown[] };
  const causes = [inner, ...failures].flatMap(namesOf);
  return MANY.has(error.name) ? causes : [error.name, ...causes];
}

/** Around the failures of several rows. */
const MANY = new Set(['BulkError', 'ModifyError']);
const CUT = new Set(['DatabaseClosedError', 'InvalidStateError', 'UnknownError', 'AbortError']);

/** Whether the connection was cut, and not this one transaction refused: nothing but that is said by any of the names. */
function isCut(error: unknown): boolean {
  const names = namesOf(error);
  return names.length > 0 && names.every((name) => CUT.has(name));
}

function failureOf(error: unknown): StoreFailed {
  if (error instanceof StoreFailed) return error;
  // A transaction that finds the disk full only when it ends is aborted, with the reason within.
  const code = namesOf(error).includes('QuotaExceededError') ? 'storage-full' : 'storage-failed';
  return new StoreFailed(code, String(error));
}
