// What the parts of the engine share: the store, the tablet as it is unlocked, and how news reaches every screen.

import type { HubAddress } from '../net/request';
import type { DeviceRow, PhotoRow, Saved, Store, UserRow } from '../store/port';
import { fromHex, toHex } from '../sync/bytes';
import type { Person } from '../cases/actions';
import type { Names } from '../cases/view';
import type { Surroundings } from '../cases/summary';
import type { AccountView, Change, Result, RoleView } from './api';
import { itemOf, itemWords } from './reference';
import { StoreFailed } from '../store/failure';
import type { Tablet } from './tablet';
import type { Channel, Locks } from './tabs';
import type { Vault } from './vault';

/** The browser's room for this profile: whether it is kept under pressure, and how much is taken of how much; 0: not said. */
export interface Space {
  persistent: boolean;
  usedBytes: number;
  quotaBytes: number;
}

/** The world outside: everything that is not the same in a test. */
export interface Surface {
  store: Store;
  hub: HubAddress;
  locks: Locks;
  channel: Channel;
  now: () => number;
  random: () => number;
  appVersion: string;
  space: () => Promise<Space>;
}

export interface Unlocked {
  user: UserRow;
  vault: Vault;
  tablet: Tablet;
}

export type PhotoFacts = Omit<PhotoRow, 'sealed'>;

export class Core {
  device: DeviceRow | null = null;
  unlocked: Unlocked | null = null;
  problem: string | null = null;
  storageFailing = false;
  clockOffsetMs = 0;
  /** A relay of the point holds the own log up to here. */
  pointSeq = 0;
  readonly photos = new Map<string, PhotoFacts>();
  private droppedPhotos: ReadonlySet<string> = new Set();
  /** Photographs that events under a former number name, by hex, with their case; read when somebody unlocks. */
  formerPhotos: ReadonlyMap<string, string> = new Map();
  /** How many bytes of a photo on its way up the hub has, as this tab was told. */
  readonly received = new Map<string, number>();
  private readonly listeners = new Set<(change: Change) => void>();

  constructor(readonly surface: Surface) {}

  get store(): Store {
    return this.surface.store;
  }

  /** The time, never before the newest hub time seen. */
  async now(): Promise<number> {
    const { hubMs } = await this.store.clock();
    return Math.max(this.surface.now(), hubMs);
  }

  /** The hub has said that this device is out of service; what is here is kept, and nothing more is taken in. */
  get revoked(): boolean {
    return (this.device?.revokedMs ?? 0) > 0;
  }

  /** The hub has signed that; only then is dropped what cannot be had back. */
  get revokedProven(): boolean {
    return this.revoked && this.device?.revokedProven === true;
  }

  listen(listener: (change: Change) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Tells this tab's screens. */
  tell(changes: readonly Change[]): void {
    for (const change of changes) for (const listener of this.listeners) listener(change);
  }

  /** Tells every tab that the store has changed, and this tab's screens what. */
  stored(changes: Change[]): void {
    this.surface.channel.send({ kind: 'stored', changes });
    this.tell(changes);
  }

  /** How well what is written here is kept. */
  async storage(): Promise<'persistent' | 'best-effort' | 'failing'> {
    if (this.storageFailing) return 'failing';
    return (await this.surface.space()).persistent ? 'persistent' : 'best-effort';
  }

  show(problem: string | null): void {
    if (this.problem === problem) return;
    this.problem = problem;
    this.tell([{ kind: 'status' }]);
  }

  /** A write's outcome as a screen gets it; a failure also stays on the status bar. */
  resultOf(saved: Saved | { ok: false; code: string; detail: string }): Result<null> {
    if (saved.ok) {
      // What could not be written was told to whoever wrote it; the bar need not say so any longer.
      if (this.problem === 'storage-failed' || this.problem === 'storage-full' || this.problem === 'storage-newer') this.show(null);
      this.storageFailing = false;
      return { ok: true, value: null };
    }
    // That there is nothing to write any more is for who asked, and no trouble of the tablet.
    if (saved.code.startsWith('storage-')) {
      this.storageFailing = true;
      this.show(saved.code);
    }
    return { ok: false, code: saved.code };
  }

  /** Runs work in which the store may fail, and says so instead of throwing. */
  async guarded<T>(work: () => Promise<Result<T>>): Promise<Result<T>> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StoreFailed)) throw error;
      this.failed(error);
      return { ok: false, code: error.code };
    }
  }

  /** Reads, and says that the store cannot be read where something less will do meanwhile. */
  async orElse<T>(meanwhile: T, read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof StoreFailed)) throw error;
      this.failed(error);
      return meanwhile;
    }
  }

  /** How far the log is known to be at the point; kept, so that a reload says the same. */
  async keepPointSeq(seq: number): Promise<void> {
    this.pointSeq = seq;
    const saved = await this.store.putPointSeq(seq);
    if (!saved.ok) throw new StoreFailed(saved.code, saved.detail);
  }

  /** Tells a person what was thrown: storage that failed, or a fault of this program. */
  failed(error: unknown): void {
    if (error instanceof StoreFailed) {
      this.storageFailing = true;
      this.show(error.code);
      return;
    }
    console.error(error);
    this.show('app-failed');
  }

  /** What other tabs have stored, and which feeds the hub has let this person read meanwhile. */
  async catchUp(): Promise<void> {
    const { unlocked } = this;
    if (unlocked === null) return;
    const { feeds, greeting, noted } = (await this.store.findUser(unlocked.user.id)) ?? unlocked.user;
    unlocked.user = { ...unlocked.user, feeds, ...(greeting && { greeting }), ...(noted && { noted }) };
    await unlocked.tablet.read(feeds);
  }

  async loadPhotos(): Promise<void> {
    const rows = await this.store.photos();
    this.photos.clear();
    for (const photo of rows) this.photos.set(photo.sha256, photo);
    this.droppedPhotos = new Set((await this.store.findDevice())?.droppedPhotos);
  }

  /** Roles as the zone's feed last said, since they may have changed after the sign-in; before it has come, as then. */
  person({ user, tablet }: Unlocked): Person {
    const account = tablet.replica.accounts.get(user.id);
    const nowMs = tablet.now();
    const inForce = account?.roles.filter(({ from_ms, until_ms }) => from_ms <= nowMs && (until_ms === 0 || nowMs <= until_ms));
    const roles = account?.closed === true || this.revoked ? [] : (inForce ?? user.roles);
    return { id: user.id, actor: fromHex(user.id), roles, devicePoint: this.device?.point.id ?? '' };
  }

  /** Roles that were held here at the sign-in and that the zone's feed has since taken away; a device out of service lets nobody act anyway. */
  lostRoles(unlocked: Unlocked): RoleView[] {
    const { user, tablet } = unlocked;
    if (this.revoked || (tablet.replica.accountMs.get(user.id) ?? 0) <= (user.rolesMs ?? 0)) return [];
    const { roles, devicePoint } = this.person(unlocked);
    const counts = ({ point }: RoleView): boolean => point === '' || point === devicePoint;
    return user.roles.filter((lost) => counts(lost) && !roles.some((held) => held.role === lost.role && counts(held) && (held.dept === '' || held.dept === lost.dept)));
  }

  surroundings(unlocked: Unlocked): Surroundings {
    const { replica } = unlocked.tablet;
    const { feeds, noted } = unlocked.user;
    const device = this.device?.number ?? 0;
    return {
      person: this.person(unlocked),
      device,
      noted: new Set(noted),
      // A device out of service is given none any more.
      feeds: new Set(this.revoked ? [] : feeds),
      pointSeq: this.pointSeq,
      droppedPhotos: this.droppedPhotos,
      sentMsByPhoto: new Map(Array.from(this.photos.values(), ({ sha256, sentMs }) => [sha256, sentMs])),
      itemName: (id) => itemOf(replica, id)?.name ?? id,
      itemWords: (id) => itemWords(itemOf(replica, id)),
    };
  }

  names({ tablet }: Unlocked): Names {
    const { accounts, devices } = tablet.replica;
    const nameByActor = new Map(Array.from(accounts, ([id, account]) => [id, account.name]));
    return {
      author: (actor, device) => nameByActor.get(toHex(actor)) ?? devices.get(device)?.name ?? '',
    };
  }
}

/** With the roles that are held now, where they are known to have changed. */
export function accountView({ id, username, name, roles, grantUntilMs }: UserRow, held: readonly RoleView[] = roles): AccountView {
  return { id, username, name, roles: held.map(({ role, point, dept }) => ({ role, point, dept })), grantUntilMs };
}

export const LOCKED = { ok: false, code: 'locked' } as const;
export const REVOKED = { ok: false, code: 'device-revoked' } as const;
export const NOT_ENROLLED = { ok: false, code: 'not-enrolled' } as const;
