// The photographs that follow their events: small ones first, one at a time, and only while no event waits.
//
// A photo is sent when the hub's signature says so, and only then. One that the hub does not take holds up no others.

import { uploadPhoto, type Courier, type Pace } from '../net/photos';
import { retryDelayMs } from '../sync/backoff';
import { HEARTBEAT_TIMEOUT_MS } from '../sync/generated/limits';
import { unsentPhotos } from './backlog';
import type { Core, Unlocked } from './core';
import { StoreFailed } from '../store/failure';
import { photoPlace } from './intake';
import { unseal } from './vault';

/** Events that the hub does not answer for hold photos up no longer than a dead line would be believed in. */
export const PATIENCE_MS = HEARTBEAT_TIMEOUT_MS;

export class Uploads {
  private stopped = false;
  private busy = false;
  private failures = 0;
  /** Tries in vain by photo: the next one is the one that was tried least. */
  private readonly inVain = new Map<string, number>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** Since when events have been waiting without a word from the hub; 0: none does. */
  private waitingSinceMs = 0;
  /** An answer said that the device is out of service, and the hub was asked for its signature. */
  private doubted = false;

  constructor(
    private readonly core: Core,
    private readonly unlocked: Unlocked,
    private readonly courier: Courier,
    private readonly problem: (code: string, detail: string) => void,
    private readonly greetAgain: () => void,
  ) {}

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  /** Somebody asks, or the line is back: what failed before may do now. */
  nudge(): void {
    this.failures = 0;
    this.go();
  }

  /** The hub has greeted or acknowledged: events that wait still are given their time anew. */
  heard(): void {
    this.waitingSinceMs = 0;
    this.go();
  }

  /** Sends what there is, if nothing is under way and no event waits. */
  go(): void {
    // The hub takes no photo of a device that is out of service: asking on would only wear out the line.
    if (this.busy || this.stopped || this.core.revoked) return;
    const tries = ({ sha256 }: { sha256: string }): number => this.inVain.get(sha256) ?? 0;
    const [next] = unsentPhotos(this.core, this.unlocked.tablet).sort((a, b) => tries(a) - tries(b));
    if (next === undefined) return;
    if (!this.mayGoOn()) {
      this.later(PATIENCE_MS);
      return;
    }
    this.busy = true;
    this.send(next.sha256).then(
      (outcome) => {
        this.ended(next.sha256, outcome);
      },
      (error: unknown) => {
        this.core.failed(error);
        this.ended(next.sha256, 'failed');
      },
    );
  }

  private ended(sha256: string, outcome: 'sent' | 'paused' | 'failed'): void {
    this.busy = false;
    if (outcome === 'sent') this.inVain.delete(sha256);
    if (outcome === 'failed') {
      this.failures += 1;
      this.inVain.set(sha256, (this.inVain.get(sha256) ?? 0) + 1);
      this.later(retryDelayMs(this.failures, this.core.surface.random()));
      return;
    }
    if (outcome === 'sent') this.failures = 0;
    this.go();
  }

  private later(delayMs: number): void {
    clearTimeout(this.timer);
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.go();
    }, delayMs);
  }

  /** Whether photos may use the line: what a person has done goes first. */
  private mayGoOn(): boolean {
    const { lastSeq, ackedSeq } = this.unlocked.tablet;
    const nowMs = this.core.surface.now();
    if (lastSeq === ackedSeq) this.waitingSinceMs = 0;
    else if (this.waitingSinceMs === 0) this.waitingSinceMs = nowMs;
    return !this.stopped && (this.waitingSinceMs === 0 || nowMs - this.waitingSinceMs >= PATIENCE_MS);
  }

  private async send(sha256: string): Promise<'sent' | 'paused' | 'failed'> {
    const { store, photos } = this.core;
    const row = await store.findPhoto(sha256);
    if (row === null) throw new StoreFailed('storage-lost', `photo ${sha256}`);
    const bytes = await unseal(this.unlocked.vault.tablet, photoPlace(sha256), row.sealed);
    const pace: Pace = {
      now: () => this.core.surface.now(),
      mayGoOn: () => this.mayGoOn(),
      received: (count) => {
        this.core.received.set(sha256, count);
        this.core.tell([{ kind: 'status' }]);
      },
    };
    const answer = await uploadPhoto(this.courier, bytes, pace);
    if (!answer.ok) {
      if (answer.code === 'paused') return 'paused';
      if (answer.code === 'device-revoked') {
        // Nobody has signed that. Asked for once, or an answer that a greeting denies would wear out the line.
        if (!this.doubted) this.greetAgain();
        this.doubted = true;
        return 'failed';
      }
      if (answer.code !== 'offline') this.problem(answer.code, sha256);
      return 'failed';
    }
    const sentMs = await this.core.now();
    const saved = await store.putPhotoSent(sha256, sentMs);
    if (!saved.ok) throw new StoreFailed(saved.code, saved.detail);
    const { size, mime, savedMs } = row;
    photos.set(sha256, { sha256, size, mime, savedMs, sentMs });
    this.core.received.delete(sha256);
    this.core.stored([{ kind: 'cases', ids: [] }, { kind: 'status' }]);
    return 'sent';
  }
}
