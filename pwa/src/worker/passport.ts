// What the bridge and the worker say to each other besides the desk's own questions.

import type { DeskApi, Result } from './api';

/** What is kept outside the database too, so that an evicted one is noticed: no personal data. */
export interface Passport {
  device: number;
  lastSeq: number;
  unsent: number;
}

export interface WorkerApi extends Omit<DeskApi, 'opened'> {
  /** What was known of this profile outside the database, and where to keep it from now on; answers `opened`. */
  attach(passport: Passport | null, keep: (passport: Passport) => void): Promise<Result<null>>;
}
