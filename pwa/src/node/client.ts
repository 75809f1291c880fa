// A tablet without a screen, for benchmarks and tests against a real hub: the same engine parts on memory and Node.
//
// `load` is what a person does (events into the device's own log), `push` what the line does with it; `boot` is a fresh
// tablet that reads a feed to its end.

import type { LineSettings } from '../net/line';
import { openPoll } from '../net/poll';
import type { Answer, HubAddress } from '../net/request';
import { openSocket, type SocketLike } from '../net/socket';
import { MemoryStore } from '../store/memory';
import { implementationAt } from '../forms/item';
import { fromHex, type Bytes } from '../sync/bytes';
import type { BodyByType } from '../sync/event';
import { makeReceiptNumber } from '../sync/number';
import { Access } from '../worker/access';
import type { Result } from '../worker/api';
import { Core, type Surface } from '../worker/core';
import { appendWork } from '../worker/grants';
import { dayOf } from '../worker/intake';
import { itemOf } from '../worker/reference';
import { localLocks, silentChannel } from '../worker/tabs';
import { Uplink } from '../worker/uplink';

/** How a device gets in: an enrolment code, and an account of its point. */
export interface Credentials {
  code: string;
  username: string;
  password: string;
}

/** A case to take in; all else is made from the item. */
export interface Form {
  /** A UUIDv7. */
  stream: Bytes;
  itemId: string;
  window: string;
  applicant: BodyByType['case.receive']['applicant'];
  fields: Record<string, string | string[]>;
}

/** Node 20 has no WebSocket of its own, and a session needs its cookie: the caller brings one that takes headers. */
export type MakeNodeSocket = (url: string, headers: Record<string, string>) => SocketLike;

const UPGRADE_TIMEOUT_MS = 6_000;

export class Client {
  private readonly cookies = new Map<string, string>();
  readonly core: Core;
  private readonly access: Access;
  private readonly settings: LineSettings;
  private uplink: Uplink | null = null;

  constructor(origin: string, makeSocket: MakeNodeSocket | null) {
    const headers = (): Record<string, string> => {
      const cookie = Array.from(this.cookies, ([name, value]) => `${name}=${value}`).join('; ');
      return cookie === '' ? {} : { Cookie: cookie };
    };
    const hub: HubAddress = {
      origin,
      headers,
      seen: (response) => {
        for (const line of response.headers.getSetCookie()) {
          const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
          if (name !== undefined && value !== undefined) this.cookies.set(name, value);
        }
      },
    };
    const surface: Surface = {
      store: new MemoryStore(),
      hub,
      locks: localLocks(),
      channel: silentChannel(),
      now: Date.now,
      random: Math.random,
      appVersion: '0.1.0',
      space: () => Promise.resolve({ persistent: false, usedBytes: 0, quotaBytes: 0 }),
    };
    this.core = new Core(surface);
    this.access = new Access(this.core, () => undefined);
    const url = `${origin.replace(/^http/, 'ws')}/sync/ws`;
    const socket = makeSocket === null ? null : openSocket(() => makeSocket(url, headers()), UPGRADE_TIMEOUT_MS);
    this.settings = { socket, http: openPoll(hub), random: Math.random, tickMs: 1_000, httpSpellMs: 120_000 };
  }

  /** Redeems the code for a device's key and signs a person in on it. */
  async enrol({ code, username, password }: Credentials): Promise<void> {
    unwrap(await this.access.enrol(code, 'headless'));
    unwrap(await this.access.signIn(username, password));
  }

  /** Opens the line. */
  async connect(): Promise<void> {
    const { device } = this.core;
    if (device === null) throw new Error('not enrolled');
    this.uplink = await Uplink.open(this.core, this.unlocked, device, this.settings, () => undefined);
  }

  disconnect(): void {
    this.uplink?.stop();
    this.uplink = null;
  }

  /** Records cases in the log; needs the zone's items, so a `boot` of the zone first. */
  async load(forms: readonly Form[]): Promise<void> {
    const { device } = this.core;
    const { tablet } = this.unlocked;
    if (device === null) throw new Error('not enrolled');
    const day = dayOf(Date.now());
    for (const { stream, itemId, window, applicant, fields } of forms) {
      const item = itemOf(tablet.replica, itemId);
      if (item === undefined) throw new Error(`no item ${itemId}`);
      const { implementationCode, orgId } = implementationAt(item, device.point.id);
      const { id, version, itemTypeCode, caseType, acceptanceMode } = item;
      const value = (await this.core.store.counter(day)) + 1;
      const body: BodyByType['case.receive'] = {
        item: { id, version, code: implementationCode, type_code: itemTypeCode, case_type: caseType, mode: acceptanceMode },
        point: device.point.id,
        dept: orgId,
        applicant,
        fields,
        materials: [],
        window,
        receipt_no: makeReceiptNumber(device.point.id, device.number, day, value),
        person: '',
      };
      const making = { authored: { type: 'case.receive', stream, body }, counter: { day, value }, draftDone: null, renews: null } as const;
      unwrap((await appendWork(this.core.store, this.unlocked, () => Promise.resolve(making))) as Result<null>);
    }
    this.uplink?.wrote();
  }

  /** Resolves when the hub's signature covers the whole log and every event has its verdict. */
  async push(): Promise<void> {
    if (this.uplink === null) await this.connect();
    await this.until(() => this.unlocked.tablet.ackedSeq === this.unlocked.tablet.lastSeq);
  }

  /** Resolves when a feed has `count` entries here: checked, stored, and there to be read. */
  async boot(feed: string, count: number): Promise<void> {
    if (this.uplink === null) await this.connect();
    await this.until(() => this.entries(feed) >= count);
  }

  /** Folds every case, as a list of all of them on a screen would: the engine folds a case when it is first looked at. */
  fold(): void {
    for (const { id, view } of this.unlocked.tablet.replica.cases.values()) {
      if (view.history.length === 0) throw new Error(`case ${id} has no history`);
    }
  }

  entries(feed: string): number {
    return this.unlocked.tablet.allCursors.find((cursor) => cursor.feed === feed)?.n ?? 0;
  }

  /** Every case that is here, as it was asked for. */
  read(): Form[] {
    return Array.from(this.unlocked.tablet.replica.cases.values(), ({ id, view }) => {
      const text = (key: string): string => {
        const value = view.values[key]?.[0]?.[0];
        return typeof value === 'string' ? value : '';
      };
      const fields = Object.entries(view.values).filter(([key]) => key.startsWith('f:'));
      return {
        stream: fromHex(id),
        itemId: view.item?.id ?? '',
        window: view.window,
        applicant: { name: text('a:name'), id_type: text('a:id_type'), id_no: text('a:id_no'), phone: text('a:phone') },
        fields: Object.fromEntries(fields.map(([key, holders]) => [key.slice(2), holders[0]?.[0] as string | string[]])),
      };
    });
  }

  /** The verdicts on own events, refused ones by code. */
  refused(): string[] {
    return this.unlocked.tablet.rows.filter(({ state }) => state === 'refused').map(({ code }) => code);
  }

  get unlocked(): NonNullable<Core['unlocked']> {
    if (this.core.unlocked === null) throw new Error('not signed in');
    return this.core.unlocked;
  }

  private until(done: () => boolean): Promise<void> {
    if (done()) return Promise.resolve();
    return new Promise((resolve) => {
      const stop = this.core.listen(() => {
        if (!done()) return;
        stop();
        resolve();
      });
    });
  }
}

/** Enrols, signs in, records `forms` and pushes them; the client stays connected. */
export async function push(origin: string, credentials: Credentials, forms: readonly Form[], makeSocket: MakeNodeSocket | null): Promise<Client> {
  const client = new Client(origin, makeSocket);
  await client.enrol(credentials);
  await client.boot('zone', 1);
  await client.load(forms);
  await client.push();
  return client;
}

/** Enrols, signs in and reads a feed until it has `count` entries; the client stays connected. */
export async function boot(origin: string, credentials: Credentials, feed: string, count: number, makeSocket: MakeNodeSocket | null): Promise<Client> {
  const client = new Client(origin, makeSocket);
  await client.enrol(credentials);
  await client.boot(feed, count);
  return client;
}

function unwrap<T>(result: Result<T> | Answer<T>): T {
  if (!result.ok) throw new Error(result.code);
  return result.value;
}

