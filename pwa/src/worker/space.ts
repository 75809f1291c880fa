// The browser's room for this profile. Nothing hangs on it but what the bar and the console show, so it holds nothing up.

import type { Space } from './core';

/** How long a browser is given to answer. */
const ANSWER_TIMEOUT_MS = 1_000;

/** Asks the browser; where it fails or is late, what it last said, and before it has said anything: nothing kept, no room known. */
export function spaceOf(storage: Pick<StorageManager, 'estimate' | 'persisted'>): () => Promise<Space> {
  const persisted = lately(async () => storage.persisted(), false);
  const estimate = lately(async () => storage.estimate(), {});
  return async () => {
    const [persistent, { usage = 0, quota = 0 }] = await Promise.all([persisted(), estimate()]);
    return { persistent, usedBytes: usage, quotaBytes: quota };
  };
}

function lately<T>(ask: () => Promise<T>, first: T): () => Promise<T> {
  let known = first;
  let late = false;
  return async () => {
    // One that does not answer is waited for once, not at every look at the bar.
    if (late) return known;
    const answered = ask().then(
      (value) => {
        known = value;
        late = false;
      },
      () => {
        late = false;
      },
    );
    let timer: ReturnType<typeof setTimeout> | undefined;
    const timeout = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        late = true;
        resolve();
      }, ANSWER_TIMEOUT_MS);
    });
    await Promise.race([answered, timeout]);
    clearTimeout(timer);
    return known;
  };
}
