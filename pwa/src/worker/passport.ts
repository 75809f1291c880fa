// What the bridge and the worker say to each other besides the desk's own questions.

import type { DeskApi } from './api';

/** What is kept outside the database too, so that an evicted one is noticed: no personal data. */
export interface Passport {
  device: number;
  lastSeq: number;
  unsent: number;
}

export interface WorkerApi extends DeskApi {
  /** What was known of this profile outside the database, and where to keep it from now on. */
  attach(passport: Passport | null, keep: (passport: Passport) => void): Promise<void>;
}
