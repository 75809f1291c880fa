// The engine of one tab: what a screen may ask (api.ts), put together from its parts.
//
// Among the tabs of a profile one leads and holds the line; all read and write the same store and tell each other.

import { mayFetch } from '../cases/actions';
import { fetchCase } from '../net/hub';
import type { LineSettings } from '../net/line';
import { Lookout } from '../net/lookout';
import { Access, deviceInfo } from './access';
import type { ActInput, AccountView, CaseQuery, CaseSummary, CaseView, Change, DeviceInfo, Draft, FieldValue, FormerCase, MaterialLine, OutboxRow, PhotoRef, Reference, Result, Status } from './api';
import { attentionOf, countsOf, outboxOf } from './backlog';
import { accountView, Core, LOCKED, type Surface, type Unlocked } from './core';
import { deleteDraft, findDraft, openDrafts, saveDraft } from './drafts';
import { formerCases, openFormer, renewCase } from './former';
import { Intake } from './intake';
import { listCases, showCase } from './lists';
import { takeNote } from './noted';
import { dropWords, keepWords, wordsOf } from './words';
import { referenceOf } from './reference';
import { dropHeld } from './revoked';
import { exportUnsent } from './rescue';
import type { Passport, WorkerApi } from './passport';
import type { LineState, TabMessage } from './tabs';
import type { Tablet } from './tablet';
import { tidyPhotos } from './tidy';
import { Uplink, type AtPoint } from './uplink';

const LEADER_LOCK = 'zc-leader';

export class Engine implements WorkerApi {
  private readonly core: Core;
  private readonly access: Access;
  private readonly intake: Intake;
  private uplink: Uplink | null = null;
  private lookout: Lookout | null = null;
  private turning: Promise<void> = Promise.resolve();
  private leader = false;
  private line: LineState = { place: 'asking', sessionNeeded: false, logEnd: null };
  private passport: Passport | null = null;
  /** The tablets that were compared with the passport; not held: after the lock nothing opened stays in memory. */
  private readonly checked = new WeakSet<Tablet>();
  private keepPassport: (passport: Passport) => void = () => undefined;
  private resign: () => void = () => undefined;

  private constructor(
    private readonly surface: Surface,
    private readonly settings: LineSettings & AtPoint,
  ) {
    this.core = new Core(surface);
    this.access = new Access(this.core, () => {
      this.turn();
    });
    this.intake = new Intake(this.core, () => this.uplink?.wrote());
    surface.channel.onMessage((message) => {
      this.hear(message).catch(this.defect);
    });
  }

  static async start(surface: Surface, settings: LineSettings & AtPoint): Promise<Engine> {
    const engine = new Engine(surface, settings);
    engine.core.device = await surface.store.findDevice();
    const { barrier } = surface.store;
    // There is nothing that a line could do for it, and nothing that other tabs could be told.
    if (barrier !== null) {
      engine.core.show(barrier);
      return engine;
    }
    surface.channel.send({ kind: 'keys-wanted' });
    surface.locks.hold(LEADER_LOCK, () => engine.lead()).catch(engine.defect);
    return engine;
  }

  attach(passport: Passport | null, keep: (passport: Passport) => void): Promise<Result<null>> {
    this.passport = passport;
    this.keepPassport = keep;
    if (passport !== null && this.core.device === null) this.core.show('storage-lost');
    const { barrier } = this.surface.store;
    return Promise.resolve(barrier === null ? { ok: true, value: null } : { ok: false, code: barrier });
  }

  /** Ends the line, and the lead if this tab has it. */
  async close(): Promise<void> {
    this.access.lock(false);
    this.resign();
    await this.turning;
    this.lookout?.stop();
    this.surface.channel.close();
  }

  async status(): Promise<Status> {
    const { device, unlocked, problem, clockOffsetMs } = this.core;
    const counts = unlocked === null ? { unsent: this.passport?.unsent ?? 0, refused: 0, unsentAttachments: 0 } : countsOf(this.core, unlocked.tablet);
    const unsent = unlocked === null ? counts.unsent : counts.unsent + counts.unsentAttachments;
    if (unlocked !== null && device !== null) {
      this.checkPassport(unlocked, device.number);
      this.passport = { device: device.number, lastSeq: unlocked.tablet.furthestSeq, unsent };
      this.keepPassport(this.passport);
    }
    const former = await this.core.orElse({ cases: new Set<string>(), read: false }, () => openFormer(this.core));
    return {
      device: device === null ? null : deviceInfo(device),
      account: unlocked === null ? null : accountView(unlocked.user, this.core.revoked ? undefined : this.core.person(unlocked).roles),
      lostRoles: unlocked === null ? [] : this.core.lostRoles(unlocked),
      mayFetch: unlocked !== null && mayFetch(this.core.person(unlocked)),
      users: await this.access.users(),
      reach: this.line.place,
      unsent,
      unsentPhotos: counts.unsentAttachments,
      refused: counts.refused,
      attention: unlocked === null ? 0 : attentionOf(this.core, unlocked, former.cases),
      revokedMs: device?.revokedMs ?? 0,
      former: former.cases.size,
      formerRead: former.read,
      lastReceivedMs: unlocked?.tablet.lastReceivedMs ?? 0,
      sessionNeeded: unlocked !== null && this.line.sessionNeeded,
      clockOffsetMs,
      storage: await this.core.storage(),
      // Only the window knows its service worker; the bridge fills this in.
      updateWaiting: false,
      leader: this.leader,
      problem,
    };
  }

  subscribe(listener: (change: Change) => void): Promise<() => void> {
    return Promise.resolve(this.core.listen(listener));
  }

  enrol(code: string, name: string): Promise<Result<DeviceInfo>> {
    return this.core.guarded(() => this.access.enrol(code, name));
  }
  enrolAnew(code: string): Promise<Result<DeviceInfo>> {
    return this.core.guarded(() => this.access.enrolAnew(code));
  }
  signIn(username: string, password: string): Promise<Result<AccountView>> {
    return this.core.guarded(() => this.access.signIn(username, password));
  }
  setPin(pin: string): Promise<Result<null>> {
    return this.core.guarded(() => this.access.setPin(pin));
  }
  unlock(accountId: string, pin: string): Promise<Result<AccountView>> {
    return this.core.guarded(() => this.access.unlock(accountId, pin));
  }
  lock(): Promise<void> {
    this.access.lock();
    return Promise.resolve();
  }
  signOut(): Promise<void> {
    return this.access.signOut();
  }

  reference(): Promise<Reference> {
    const { unlocked } = this.core;
    return Promise.resolve(unlocked === null ? { items: [], points: [], departments: [], windows: [], administrators: [] } : referenceOf(unlocked.tablet.replica, this.core.device?.point.id ?? ''));
  }

  saveDraft(draft: Draft): Promise<Result<null>> {
    return this.core.guarded(() => saveDraft(this.core, draft));
  }
  draft(id: string): Promise<Result<Draft>> {
    return this.core.guarded(() => findDraft(this.core, id));
  }
  deleteDraft(id: string): Promise<Result<null>> {
    return this.core.guarded(() => deleteDraft(this.core, id));
  }
  savePhoto(bytes: ArrayBuffer, mime: string): Promise<Result<PhotoRef>> {
    return this.core.guarded(() => this.intake.savePhoto(bytes, mime));
  }

  photo(sha256: string): Promise<Result<Blob>> {
    return this.intake.photo(sha256);
  }
  receive(draftId: string): Promise<Result<{ caseId: string; receiptNo: string }>> {
    return this.core.guarded(() => this.intake.receive(draftId));
  }
  act(caseId: string, type: string, input: ActInput): Promise<Result<null>> {
    return this.core.guarded(() => this.intake.act(caseId, type, input));
  }
  edit(caseId: string, fields: Record<string, FieldValue>, materials: MaterialLine[]): Promise<Result<null>> {
    return this.core.guarded(() => this.intake.edit(caseId, fields, materials));
  }

  async fetchCase(number: string, reason: string): Promise<Result<{ caseId: string }>> {
    const { unlocked } = this.core;
    if (unlocked === null) return LOCKED;
    const answer = await fetchCase(this.surface.hub, unlocked.user.id, number, reason);
    if (!answer.ok) return answer;
    await this.syncNow();
    return { ok: true, value: { caseId: answer.value } };
  }

  keepWords(caseId: string, type: string, words: ActInput): Promise<Result<null>> {
    return this.core.guarded(() => keepWords(this.core, caseId, type, words));
  }
  wordsOf(caseId: string, type: string): Promise<ActInput | null> {
    return this.core.orElse(null, () => wordsOf(this.core, caseId, type));
  }
  dropWords(caseId: string, type: string): Promise<Result<null>> {
    return this.core.guarded(() => dropWords(this.core, caseId, type));
  }

  async cases(query: CaseQuery): Promise<CaseSummary[]> {
    const { unlocked } = this.core;
    if (unlocked === null) return [];
    // Cases are here in memory: drafts that cannot be read now hide none of them.
    return listCases(this.core, unlocked, await this.core.orElse([], () => openDrafts(this.core, unlocked)), query);
  }

  caseView(id: string): Promise<CaseView | null> {
    const { unlocked } = this.core;
    return unlocked === null ? Promise.resolve(null) : showCase(this.core, unlocked, id);
  }

  outbox(): Promise<OutboxRow[]> {
    const { unlocked } = this.core;
    return Promise.resolve(unlocked === null ? [] : outboxOf(this.core, unlocked, this.line.place === 'hub' || this.line.place === 'point'));
  }

  exportUnsent(passphrase: string): Promise<Result<Blob>> {
    return this.core.guarded(() => exportUnsent(this.core, passphrase));
  }
  former(): Promise<Result<FormerCase[]>> {
    return this.core.guarded(() => formerCases(this.core));
  }
  renew(caseId: string): Promise<Result<null>> {
    return this.core.guarded(() => renewCase(this.core, caseId, () => this.uplink?.wrote()));
  }
  takeNote(seqs: number[]): Promise<Result<null>> {
    return this.core.guarded(() => takeNote(this.core, seqs));
  }

  syncNow(): Promise<void> {
    this.uplink?.nudge();
    this.lookout?.nudge();
    if (!this.leader) this.surface.channel.send({ kind: 'nudge' });
    return Promise.resolve();
  }

  private lead(): Promise<void> {
    this.leader = true;
    this.turn();
    this.core.tell([{ kind: 'status' }]);
    return new Promise((resolve) => {
      this.resign = () => {
        this.leader = false;
        resolve();
      };
    });
  }

  /** The line runs while this tab leads and somebody is unlocked; while nobody is, only whether there would be one is looked at. */
  private turn(): void {
    this.turning = this.turning.then(() => this.followUp()).catch(this.defect);
  }

  private async followUp(): Promise<void> {
    const { unlocked, device } = this.core;
    this.uplink?.stop();
    this.uplink = null;
    this.lookout?.stop();
    this.lookout = null;
    if (unlocked !== null && device !== null) this.checkPassport(unlocked, device.number);
    if ((await unlocked?.tablet.isForked()) === true) this.core.show('chain-fork');
    if (!this.leader) return;
    if (this.core.revokedProven) void dropHeld(this.core);
    this.setLine({ place: 'asking', sessionNeeded: false, logEnd: null });
    if (device === null) return;
    if (unlocked === null) {
      this.lookout = new Lookout(this.surface.hub, this.surface.random, (reached) => {
        const place = reached ? 'hub' : 'none';
        if (place !== this.line.place) this.setLine({ place });
      });
      return;
    }
    this.uplink = await Uplink.open(this.core, unlocked, device, this.settings, (state) => {
      this.setLine(state);
    });
    tidyPhotos(this.core, unlocked).catch(this.defect);
  }

  /** Before the passport is written again, or what it knew of a database that was set back would be lost. */
  private checkPassport({ tablet }: Unlocked, device: number): void {
    const { passport } = this;
    if (this.checked.has(tablet)) return;
    this.checked.add(tablet);
    // What the hub has told the tab that leads goes before what this profile remembers.
    const end = this.line.logEnd ?? (passport?.device === device ? passport.lastSeq : 0);
    if (tablet.lastSeq >= end) return;
    // The database is behind what this profile had saved: the hub must say where the log ends.
    tablet.markStale(end);
    this.core.show('storage-lost');
  }

  private setLine(state: Partial<LineState>): void {
    this.line = { ...this.line, ...state };
    this.surface.channel.send({ kind: 'line', ...this.line, pointSeq: this.core.pointSeq, problem: this.core.problem });
    this.core.tell([{ kind: 'status' }]);
  }

  private async hear(message: TabMessage): Promise<void> {
    switch (message.kind) {
      case 'stored': {
        await this.core.catchUp();
        await this.core.loadPhotos();
        this.uplink?.wrote();
        this.core.tell(message.changes);
        break;
      }
      case 'unlocked':
        await this.access.adopt(message.accountId, message.vault);
        break;
      case 'locked':
        this.access.lock(false);
        break;
      case 'device': {
        const known = this.core.device?.number;
        this.core.device = await this.surface.store.findDevice();
        if (this.core.device?.number !== known) {
          this.access.lock(false);
          this.turn();
        }
        this.core.tell([{ kind: 'status' }]);
        break;
      }
      case 'keys-wanted': {
        const { unlocked } = this.core;
        if (unlocked !== null) this.surface.channel.send({ kind: 'unlocked', accountId: unlocked.user.id, vault: unlocked.vault });
        if (this.leader) this.setLine({});
        break;
      }
      case 'line':
        // The last word of a leader that has just gone is no news to its successor.
        if (this.leader) break;
        this.line = { place: message.place, sessionNeeded: message.sessionNeeded, logEnd: message.logEnd };
        this.core.pointSeq = message.pointSeq;
        if (message.logEnd !== null) await this.core.unlocked?.tablet.heardEnd(message.logEnd);
        this.core.show(message.problem ?? (this.core.unlocked?.tablet.isStale === true ? 'storage-lost' : null));
        this.core.tell([{ kind: 'status' }]);
        break;
      case 'nudge':
        this.uplink?.nudge();
        this.lookout?.nudge();
        break;
    }
  }

  private readonly defect = (error: unknown): void => {
    this.core.failed(error);
  };
}
