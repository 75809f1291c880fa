// One profile of a browser before a hub in memory, for tests of the engine: its store, its tabs, a clerk who works on it.

import { sampleItem } from '../../forms/sample.fixture';
import { MemoryStore } from '../../store/memory';
import type { Store } from '../../store/port';
import { fromHex } from '../../sync/bytes';
import type { Draft, MaterialLine, Result, Status } from '../api';
import type { Surface } from '../core';
import { Engine } from '../engine';
import { localLocks, type Channel, type TabMessage } from '../tabs';
import { FakeHub } from './hub';

export const ITEM = sampleItem('SCJG-001');
export const FIELDS = {
  proposedName: '吉林小吃店',
  operatorName: '王小明',
  operatorIdNo: '11010519491231002X',
  contactPhone: '13800000000',
  businessAddress: '吉林经开区一号',
  businessScope: '餐饮',
  compose: '个人经营',
};
export const PIN = '294816';
export const CLERK = { role: 'window_clerk', point: 'HALL', dept: '', from_ms: 0, until_ms: 0 };
/** The first case that is taken in, unless another is named. */
export const CASE = 'aa'.repeat(16);

export class Profile {
  store = new MemoryStore();
  /** What each tab hears of the others. */
  tabs: ((message: TabMessage) => void)[] = [];
  space: Surface['space'] = () => Promise.resolve({ persistent: true, usedBytes: 3, quotaBytes: 9 });
  private readonly locks = localLocks();
  private readonly open: Engine[] = [];

  private constructor(readonly hub: FakeHub) {}

  /** A hub with one item and one clerk; nothing is enrolled yet. The caller lets `fetch` be the hub's. */
  static async make(): Promise<Profile> {
    const hub = await FakeHub.make();
    hub.publish('item.publish', fromHex('01'.repeat(16)), { id: ITEM.id, record: { ...ITEM, version: 'v1' } });
    hub.publish('account.set', hub.account, { username: 'li', name: '李受理', roles: [CLERK], closed: false });
    return new Profile(hub);
  }

  async close(): Promise<void> {
    for (const engine of this.open.splice(0)) await engine.close();
  }

  /** One more tab. `over`: its storage, `socket`: its WebSocket, where they are not the usual ones. */
  async tab(over: Store = this.store, socket = this.hub.wire()): Promise<Engine> {
    const { hub } = this;
    const surface = { store: over, hub: { origin: 'http://hub.test' }, locks: this.locks, channel: this.channel(), now: () => hub.nowMs, random: () => 0.01, appVersion: '0.1.0', space: this.space };
    const settings = { socket, http: hub.wire(), random: () => 0.01, tickMs: 50, httpSpellMs: 60_000 };
    const engine = await Engine.start(surface, settings);
    this.open.push(engine);
    return engine;
  }

  /** An enrolled tablet with a clerk at it and the zone's items here. */
  async atWork(): Promise<Engine> {
    const engine = await this.tab();
    if ((await engine.status()).device === null) valueOf(await engine.enrol('CODE', '平板1'));
    valueOf(await engine.signIn('li', 'right'));
    await until(engine, async () => (await engine.reference()).items.length > 0);
    return engine;
  }

  /** The line is cut, and the tablet knows it. */
  async cutLine(engine: Engine): Promise<void> {
    this.hub.down = true;
    this.hub.cut();
    await whenStatus(engine, ({ reach }) => reach === 'none');
  }

  /** The line is there again, and somebody asks to try it. */
  async restoreLine(engine: Engine): Promise<void> {
    this.hub.down = false;
    await engine.syncNow();
  }

  private channel(): Channel {
    let own: (message: TabMessage) => void = () => undefined;
    return {
      send: (message) => {
        for (const tab of this.tabs) if (tab !== own) queueMicrotask(() => { tab(message); });
      },
      onMessage: (listener) => {
        own = listener;
        this.tabs.push(listener);
      },
      close: () => {
        this.tabs = this.tabs.filter((tab) => tab !== own);
      },
    };
  }
}

export function draft(id = CASE, materials: MaterialLine[] = []): Draft {
  return { id, itemId: ITEM.id, window: 'HALL-W01', fields: FIELDS, materials, updatedMs: 0 };
}

export async function takeIn(engine: Engine, one = draft()): Promise<{ caseId: string; receiptNo: string }> {
  valueOf(await engine.saveDraft(one));
  return valueOf(await engine.receive(one.id));
}

/** Photographs kept on the tablet, as the first material of a case. */
export async function photographed(engine: Engine, ...photos: Uint8Array[]): Promise<MaterialLine[]> {
  const refs = [];
  for (const photo of photos) refs.push(valueOf(await engine.savePhoto(new Uint8Array(photo).buffer, 'image/jpeg')));
  return [{ id: ITEM.materials[0]?.id ?? '', status: 'provided', photos: refs, note: '' }];
}

/** Resolves when `ask` says so; asked again after every change. */
export async function until(engine: Engine, ask: () => Promise<boolean>): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    let stop = (): void => undefined;
    const look = (): void => {
      ask().then((done) => {
        if (!done) return;
        stop();
        resolve();
      }, reject);
    };
    // Subscribed before the first look, or a change between the two would go unseen.
    engine.subscribe(look).then((unsubscribe) => {
      stop = unsubscribe;
      look();
    }, reject);
  });
}

export const whenStatus = (engine: Engine, wanted: (status: Status) => boolean): Promise<void> => until(engine, async () => wanted(await engine.status()));

export function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.code);
  return result.value;
}
