// Who is at the tablet: enrolment, sign-in, PIN, lock. Keys live in this worker's memory from unlock to lock.

import type { Bytes } from '../sync/bytes';
import type { Signed } from '../sync/chain';
import { isWeakPin } from '../forms/pin';
import { enrol, signIn, signOut, type Enrolled, type Escrow, type SignedIn } from '../net/hub';
import { makeDeviceKey } from '../net/sign';
import type { DeviceRow, RelayRow, UserRow } from '../store/port';
import type { AccountView, DeviceInfo, LocalUser, Result } from './api';
import { accountView, LOCKED, NOT_ENROLLED, type Core } from './core';
import { comeBack, keepEnrolment, withEnrolment } from './lost';
import { casesOfFormerPhotos } from './named';
import { tryPin } from './pin';
import { suspectRevoked } from './revoked';
import { Tablet } from './tablet';
import { isSameVault, makeSalt, openVault, wrapKeys, type RawKeys, type Vault } from './vault';

const PIN_LOCK = 'zc-pin';
const DEVICE_NAME_CHARS_MAX = 40;

export class Access {
  /** As the hub gave them, until a PIN has wrapped them or the tablet is locked. */
  private raw: { accountId: string; keys: RawKeys } | null = null;
  /** Counts openings and locks: an opening that was locked or overtaken meanwhile ends closed. */
  private turn = 0;
  /** Whose keys another tab has handed over, while what is stored is read. */
  private adopting = '';
  /** Who could unlock here when that could last be read. */
  private known: UserRow[] = [];

  /** `turned`: somebody was unlocked, or nobody is any more. */
  constructor(
    private readonly core: Core,
    private readonly turned: () => void,
  ) {}

  async enrol(code: string, name: string): Promise<Result<DeviceInfo>> {
    const { store, surface, device } = this.core;
    if (device !== null) return { ok: false, code: 'enrolled-already' };
    const { privateKey, publicKey } = await makeDeviceKey();
    const answer = await enrol(surface.hub, code.trim(), name.trim().slice(0, DEVICE_NAME_CHARS_MAX), publicKey);
    if (!answer.ok) return answer;
    const { hub_ms: hubMs } = answer.value;
    const row = await rowOf(answer.value, name.trim(), publicKey, privateKey, []);
    const clock = { hlc: new Uint8Array(8), hubMs, offsetMs: surface.now() - hubMs };
    const saved = this.core.resultOf(await store.putDevice(row, clock));
    if (!saved.ok) return saved;
    this.core.device = row;
    surface.channel.send({ kind: 'device' });
    this.turned();
    this.core.tell([{ kind: 'status' }]);
    return { ok: true, value: deviceInfo(row) };
  }

  /** The same tablet under a new key and number: its former key vouches for it, so what is sealed here stays readable. */
  async enrolAnew(code: string): Promise<Result<DeviceInfo>> {
    const { store, surface, device } = this.core;
    if (device === null) return NOT_ENROLLED;
    if (!this.core.revoked) return { ok: false, code: 'enrolled-already' };
    const { privateKey, publicKey } = await makeDeviceKey();
    const former = { zone: device.zone, device: device.number, privateKey: device.privateKey };
    const answer = await enrol(surface.hub, code.trim(), device.name, publicKey, former);
    if (!answer.ok) return answer;
    // As the line, in whichever tab, has learnt it: an epoch is never gone back to.
    const { epoch, enrolments = [] } = (await store.findDevice()) ?? device;
    const row = { ...(await rowOf(answer.value, device.name, publicKey, privateKey, enrolments)), epoch };
    const saved = this.core.resultOf(await store.succeed(row));
    if (!saved.ok) return saved;
    this.core.device = row;
    // What was wrong was the former number's.
    this.core.show(null);
    surface.channel.send({ kind: 'device' });
    this.lock();
    this.turned();
    this.core.tell([{ kind: 'status' }]);
    return { ok: true, value: deviceInfo(row) };
  }

  async signIn(username: string, password: string): Promise<Result<AccountView>> {
    const { device, surface, store } = this.core;
    if (device === null) return NOT_ENROLLED;
    const signer = { zone: device.zone, device: device.number, privateKey: device.privateKey };
    const escrow = escrowOf(await store.users(), username.trim());
    const ask = () => signIn(surface.hub, signer, username.trim(), password, escrow);
    let answer = await ask();
    if (!answer.ok && answer.code === 'device-unknown' && (await comeBack(this.core))) answer = await ask();
    if (!answer.ok && answer.code === 'device-revoked') {
      await suspectRevoked(this.core);
      // Where there is a line, its next greeting says whether that is so.
      this.turned();
    }
    if (!answer.ok) return answer;
    const { account, grant, keys, escrow: sealed, pass, enrolment, hub_ms: hubMs } = answer.value;
    // Only who works on tablets has a grant and keys; others have no business at the desk.
    if (grant === null || keys === null) return { ok: false, code: 'not-entitled' };
    const known = await store.findUser(account.id);
    const user = { ...userOf(account, grant.until_ms, known), rolesMs: hubMs, ...(pass && { pass }), ...(sealed && { escrow: sealed }) };
    const saved = this.core.resultOf(await store.putUser(user));
    if (!saved.ok) return saved;
    await store.putHubTime(hubMs, surface.now() - hubMs);
    await keepEnrolment(this.core, device, enrolment);
    const { unlocked } = this.core;
    const given = await openVault(keys);
    // Who is at work signs in again: what is open stays open. A restored hub may have lost the keys and made others.
    const vault = unlocked?.user.id === account.id && !(await isSameVault(unlocked.vault, given)) ? unlocked.vault : given;
    if (vault === given) this.raw = { accountId: account.id, keys };
    return this.open(user, vault, true);
  }

  async setPin(pin: string): Promise<Result<null>> {
    const { store, unlocked } = this.core;
    if (unlocked === null || this.raw === null || this.raw.accountId !== unlocked.user.id) return { ok: false, code: 'sign-in-needed' };
    if (isWeakPin(pin)) return { ok: false, code: 'pin-weak' };
    const salt = makeSalt();
    const wrapped = await wrapKeys(pin, salt, unlocked.user.id, this.raw.keys);
    const user: UserRow = { ...((await store.findUser(unlocked.user.id)) ?? unlocked.user), salt, wrapped, failures: 0, retryAtMs: 0 };
    const saved = this.core.resultOf(await store.putUser(user));
    if (!saved.ok) return saved;
    this.raw = null;
    unlocked.user = user;
    this.core.stored([{ kind: 'status' }]);
    return saved;
  }

  /** One try at a time, over all tabs. */
  async unlock(accountId: string, pin: string): Promise<Result<AccountView>> {
    const { store, surface } = this.core;
    return surface.locks.hold(PIN_LOCK, async () => {
      const tried = await tryPin(store, accountId, pin, await this.core.now());
      this.core.tell([{ kind: 'status' }]);
      switch (tried.kind) {
        case 'refused':
          return { ok: false, code: tried.code, params: tried.params };
        case 'failed':
          return { ok: false, code: tried.saved.code };
        case 'open':
          return this.open(tried.user, tried.vault, true);
      }
    });
  }

  /** Another tab has unlocked, or handed over the keys that it holds. */
  async adopt(accountId: string, vault: Vault): Promise<void> {
    const { store, unlocked } = this.core;
    // Every tab that has the keys answers who asks for them.
    if (unlocked?.user.id === accountId || this.adopting === accountId) return;
    this.adopting = accountId;
    try {
      const user = await store.findUser(accountId);
      if (user !== null && this.adopting === accountId) await this.open(user, vault, false);
    } finally {
      this.adopting = '';
    }
  }

  /** Forgets the keys, in this tab (`everywhere`: in all). What is written stays, sealed. */
  lock(everywhere = true): void {
    this.raw = null;
    this.adopting = '';
    this.turn += 1;
    if (everywhere) this.core.surface.channel.send({ kind: 'locked' });
    if (this.core.unlocked === null) return;
    this.core.unlocked = null;
    this.turned();
    this.core.tell([{ kind: 'status' }, { kind: 'cases', ids: [] }, { kind: 'drafts' }]);
  }

  /** The session ends at the hub if it can be reached; the keys go in any case, so that the PIN opens nothing more. */
  async signOut(): Promise<void> {
    const { unlocked, surface, store } = this.core;
    if (unlocked !== null) this.core.resultOf(await store.putUser({ ...((await store.findUser(unlocked.user.id)) ?? unlocked.user), wrapped: null }));
    this.lock();
    if (unlocked !== null) await signOut(surface.hub, unlocked.user.id);
  }

  async users(): Promise<LocalUser[]> {
    this.known = await this.core.orElse(this.known, () => this.core.store.users());
    return this.known.map(({ id, name, wrapped, grantUntilMs, retryAtMs, failures }) => ({
      id,
      name,
      hasPin: wrapped !== null,
      grantUntilMs,
      retryAtMs,
      failures,
    }));
  }

  /** `tell`: the other tabs are to have the keys too. */
  private async open(user: UserRow, vault: Vault, tell: boolean): Promise<Result<AccountView>> {
    const { store, device, surface } = this.core;
    if (device === null) return LOCKED;
    this.turn += 1;
    const { turn } = this;
    return this.core.guarded(async () => {
      const tablet = await Tablet.open(store, device, vault, surface.locks, surface.now, user.feeds);
      const { pointSeq = 0 } = await store.clock();
      await this.core.loadPhotos();
      const formerPhotos = await casesOfFormerPhotos(store, vault);
      if (turn !== this.turn) return LOCKED;
      this.core.pointSeq = pointSeq;
      this.core.formerPhotos = formerPhotos;
      this.core.unlocked = { user, vault, tablet };
      if (tell) surface.channel.send({ kind: 'unlocked', accountId: user.id, vault });
      this.turned();
      this.core.tell([{ kind: 'status' }, { kind: 'reference' }, { kind: 'cases', ids: [] }, { kind: 'drafts' }]);
      return { ok: true, value: accountView(user) };
    });
  }
}

/** What the hub once sealed of the keys that this person is to be given: the tablet's own came with whoever signed in here. */
function escrowOf(users: readonly UserRow[], username: string): Partial<Escrow> {
  const own = users.find((user) => user.username === username)?.escrow;
  const tablet = own?.tablet ?? users.find(({ escrow }) => escrow !== undefined)?.escrow?.tablet;
  return { ...(tablet && { tablet }), ...(own && { user: own.user }) };
}

export function deviceInfo({ number, point, name, kind }: DeviceRow): DeviceInfo {
  return { number, point, name, kind };
}

/** `before`: what it keeps of the numbers that it had. */
async function rowOf(enrolled: Enrolled, name: string, publicKey: Bytes, privateKey: CryptoKey, before: readonly Signed[]): Promise<DeviceRow> {
  const { device: number, point, kind, zone, hub_public_key: hubKey, relays, enrolment } = enrolled;
  const row: DeviceRow = { number, name, kind: kind === 'tablet' ? 'tablet' : 'desk', point, zone, publicKey, privateKey, hubKey, epoch: 0, relays: relays.map(relayOf) };
  return { ...row, enrolments: await withEnrolment(row, before, enrolment) };
}

const relayOf = ({ device, address, public_key: publicKey }: Enrolled['relays'][number]): RelayRow => ({ number: device, address, publicKey });

function userOf(account: SignedIn['account'], grantUntilMs: number, known: UserRow | null): UserRow {
  const { feeds, salt, wrapped, greeting, noted } = known ?? { feeds: ['zone'], salt: new Uint8Array(0), wrapped: null };
  return { ...account, grantUntilMs, feeds, salt, wrapped, failures: 0, retryAtMs: 0, ...(greeting && { greeting }), ...(noted && { noted }) };
}
