// The worker of the desk surface: the engine on the browser's own means, offered to the window by comlink.

import { expose, proxy } from 'comlink';

import type { LineSettings } from '../net/line';
import { openPoll } from '../net/poll';
import type { HubAddress } from '../net/request';
import { openSocket, type SocketLike } from '../net/socket';
import { StoreFailed } from '../store/failure';
import { IndexedStore } from '../store/indexed';
import { Engine } from './engine';
import type { WorkerApi } from './passport';
import { spaceOf } from './space';
import { browserChannel, browserLocks } from './tabs';
import type { AtPoint } from './uplink';
import { watchForLine } from './wake';

declare const self: DedicatedWorkerGlobalScope;

const DATABASE = 'zongchuang';
const UPGRADE_TIMEOUT_MS = 6_000;
const TICK_MS = 1_000;
const HTTP_SPELL_MS = 120_000;

const hub: HubAddress = { origin: self.location.origin };
const socketUrl = `${self.location.origin.replace(/^http/, 'ws')}/sync/ws`;

const settings: LineSettings & AtPoint = {
  socket: openSocket(() => new WebSocket(socketUrl) as SocketLike, UPGRADE_TIMEOUT_MS),
  http: openPoll(hub),
  socketAt: (url) => new WebSocket(url) as SocketLike,
  random: Math.random,
  tickMs: TICK_MS,
  httpSpellMs: HTTP_SPELL_MS,
};

/** What could not be upgraded is opened as it is: the next start tries again. */
async function openStore(): Promise<IndexedStore> {
  try {
    return await IndexedStore.open(DATABASE);
  } catch (error) {
    if (!(error instanceof StoreFailed) || error.code !== 'storage-upgrade') throw error;
    console.warn(error.message);
    return IndexedStore.openAsKept(DATABASE);
  }
}

async function start(): Promise<Engine> {
  const surface = {
    store: await openStore(),
    hub,
    locks: browserLocks(self.navigator.locks),
    channel: browserChannel(DATABASE),
    now: Date.now,
    random: Math.random,
    appVersion: __APP_VERSION__,
    space: spaceOf(self.navigator.storage),
  };
  const engine = await Engine.start(surface, settings);
  watchForLine({ scope: self, now: Date.now, random: Math.random, tryNow: () => void engine.syncNow() });
  return engine;
}

const started = start();
// Whoever asks is told why it could not start; that nobody has asked yet, on a slow page, is no defect of its own.
started.catch(() => undefined);

// Calls that come before the database is open wait for it; why it could not be opened is told to the first, which asks that.
const api = new Proxy({} as WorkerApi, {
  get: (_, name: keyof WorkerApi) => async (...args: unknown[]) => {
    const engine = await started.catch((error: unknown) => {
      if (name === 'attach' && error instanceof StoreFailed) return error;
      throw error;
    });
    if (engine instanceof StoreFailed) return { ok: false, code: engine.code };
    const method = engine[name] as (...args: unknown[]) => Promise<unknown>;
    const value = await method.apply(engine, args);
    return typeof value === 'function' ? proxy(value) : value;
  },
});

expose(api);
