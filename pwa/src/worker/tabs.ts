// Several tabs of one profile: who leads, who writes, and what they tell each other. The browser's own means, or
// stand-ins where there are none (Node, tests).

import type { Vault } from './vault';
import type { Change } from './api';
import type { Place } from '../net/line';

export interface Locks {
  /** Runs while holding the lock; others of the same name wait. */
  hold<T>(name: string, work: () => Promise<T>): Promise<T>;
}

/** Where the line stands, for the status bar of every tab. */
export interface LineState {
  /** `asking`: just begun, not known yet. */
  place: Place | 'asking';
  sessionNeeded: boolean;
  /** Where the log ended when the hub was asked for it: here, or further on than it goes here; null: not asked yet. */
  logEnd: number | null;
}

/** What one tab's engine tells the others. */
export type TabMessage =
  /** The store has grown or changed: read it, and tell the screens. */
  | { kind: 'stored'; changes: Change[] }
  | { kind: 'unlocked'; accountId: string; vault: Vault }
  | { kind: 'locked' }
  /** The device is out of service, or another one from now on. */
  | { kind: 'device' }
  /** A new tab asks whether somebody holds the keys. */
  | { kind: 'keys-wanted' }
  /** The leader's view of the line. */
  | ({ kind: 'line'; pointSeq: number; problem: string | null } & LineState)
  | { kind: 'nudge' };

export interface Channel {
  send(message: TabMessage): void;
  onMessage(listener: (message: TabMessage) => void): void;
  close(): void;
}

export function browserLocks(manager: LockManager): Locks {
  return { hold: async (name, work) => manager.request(name, work) as ReturnType<typeof work> };
}

/** Locks within one process. */
export function localLocks(): Locks {
  const tails = new Map<string, Promise<unknown>>();
  return {
    hold: (name, work) => {
      const turn = (tails.get(name) ?? Promise.resolve()).then(work, work);
      tails.set(name, turn);
      return turn;
    },
  };
}

export function browserChannel(name: string): Channel {
  const channel = new BroadcastChannel(name);
  return {
    send: (message) => {
      channel.postMessage(message);
    },
    onMessage: (listener) => {
      channel.onmessage = ({ data }: MessageEvent<TabMessage>) => {
        listener(data);
      };
    },
    close: () => {
      channel.close();
    },
  };
}

/** For a profile with one tab. */
export function silentChannel(): Channel {
  return { send: () => undefined, onMessage: () => undefined, close: () => undefined };
}
