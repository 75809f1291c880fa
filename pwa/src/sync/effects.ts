// What a session asks of its caller (session.ts, pointSession.ts), to be done in order.

import type { Bytes } from './bytes';
import type { Cursor } from './feed';
import type { ClientMessage, Heard, Page, Run, Welcome } from './messages';

export type SessionEffect =
  /** Send this now. */
  | { kind: 'send'; message: ClientMessage }
  /** Sign and send the log from `firstSeq`; then call `pushed` with its last seq. */
  | { kind: 'push'; firstSeq: number }
  /** Keep, durably, what the hub said of these events; `seq` is the settled end of the log, 0 if it says nothing of it. */
  | { kind: 'settle'; seq: number; runs: Run[] }
  /** The hub holds the log only up to `seq`: what was confirmed behind it is unconfirmed again. */
  | { kind: 'reopen'; seq: number }
  /** The hub was restored: hold all that it said for unsaid, of events and of photos, then keep the epoch, both durably. */
  | { kind: 'epoch'; epoch: number }
  /** Check and store the page; then call `stored` with the new cursor, or `distrust` with the feed. */
  | { kind: 'page'; page: Page }
  /** Forget what was stored of this feed: the hub has another history. */
  | { kind: 'forget'; feed: string }
  /** Chain anew what is stored of this feed, of which the hub has another history; then call `recounted`. */
  | { kind: 'recount'; feed: string }
  /** Forget what was stored of the feed after this place: up to there the hub has the same. */
  | { kind: 'rewind'; cursor: Cursor }
  /** A relay of the point holds the log up to `seq`, and no further: the tick 已到点位. */
  | { kind: 'at-point'; seq: number }
  /** Verify each item's own signature (heard.ts) and keep what is good. */
  | { kind: 'heard'; heard: Heard }
  /** This person may no longer read this feed: it goes, unless somebody else on this device may. */
  | { kind: 'withdraw'; feed: string }
  /** Count, sign and send a report over this challenge. */
  | { kind: 'report'; challenge: Bytes }
  /** The other end has been greeted; of a hub: its clock, and whether it lets this person read. */
  | { kind: 'greeted'; welcome: Welcome }
  /** Tell a person. */
  | { kind: 'problem'; code: string; detail: string }
  | { kind: 'close'; code: string };
