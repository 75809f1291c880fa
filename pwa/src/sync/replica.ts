// What a reader makes of feeds and of its own log: every case folded, and the zone's records. Twin of sync/replica.py.
//
// Confirmed events count once, by position; what no feed has brought yet is folded on top: own events, and those of others
// that were heard at the point's relay. A stream's history comes whole and in order in every feed that it is in, so an entry at or before the last position is a repeat.

import { toHex, type Bytes } from './bytes';
import { merge, ZERO } from './clock';
import { EVENT_SEEN_COUNT_MAX } from './generated/limits';
import { decodeHead, findBody, type BodyByType, type EventHead } from './event';
import { applyChange, type Change } from './changes';
import { compareUnconfirmed, copyState, emptyState, type CaseState, type FullEntry, type Source } from './fold';

/** What the hub said of an own event, as the log keeps it. */
export type OwnState = 'queued' | 'accepted' | 'parked' | 'refused';

export interface OwnEvent {
  source: Source;
  state: OwnState;
  code: string;
  savedMs: number;
  hubMs: number;
  acked: boolean;
  /** Where the hub put it, refused or not; 0: nowhere yet. */
  position: number;
  /** The earlier event, of this log or a former one, whose words it writes anew; null: of none. */
  renews: { device: number; seq: number } | null;
}

/** The device number under which the hub itself writes. */
export const HUB_DEVICE = 1;

// Shared by all cases that have none: a map each would be most of what a case takes up.
const NOTHING_OWN: ReadonlyMap<number, OwnEvent> = new Map();
const NOTHING_LANDED: ReadonlySet<number> = new Set();
const NOTHING_HEARD: ReadonlyMap<string, Source> = new Map();
const NOTHING_CHANGED: ReadonlyMap<string, readonly Change[]> = new Map();

/** One case. It is folded when somebody looks at it: what only arrives costs no fold. */
export class CaseReplica {
  /** The highest position of this stream that is here. */
  position = 0;
  /** Own events by seq, whether or not a feed has brought them. */
  own: ReadonlyMap<number, OwnEvent> = NOTHING_OWN;
  /** Events of others, by device and seq, that were heard at the point and that no feed has brought yet. */
  heard: ReadonlyMap<string, Source> = NOTHING_HEARD;
  private confirmed: CaseState | null = null;
  /** Confirmed and not folded in yet, in order. */
  private arrived: Source[] = [];
  /** Seqs of own events that a feed has brought. */
  private landed: ReadonlySet<number> = NOTHING_LANDED;
  private shown: CaseState | null = null;
  private changed: ReadonlyMap<string, readonly Change[]> = NOTHING_CHANGED;

  constructor(readonly id: string) {}

  /** What a person sees: all that is confirmed, and on top own events that no feed has brought yet. */
  get view(): CaseState {
    this.shown ??= this.fold();
    return this.shown;
  }

  /** What this step set of what the case held before. */
  changesOf(device: number, seq: number): readonly Change[] {
    return this.changed.get(eventKey(device, seq)) ?? [];
  }

  /** The hub refused all there is of it: shown as it was written, so that nothing is lost, but nothing can follow. */
  get stillborn(): boolean {
    return this.position === 0 && this.heard.size === 0 && [...this.own.values()].every(({ state }) => state === 'refused');
  }

  /** The newest author's time. */
  get lastMs(): number {
    return Math.max(0, ...this.view.history.map((row) => row[5]));
  }

  get firstMs(): number {
    return this.view.history.reduce((first, row) => Math.min(first, row[5]), this.lastMs);
  }

  /** Takes a confirmed event; false when it is a repeat. */
  confirm(source: Source, isOwn: boolean): boolean {
    if (source.position <= this.position) return false;
    this.position = source.position;
    this.arrived.push(source);
    if (isOwn) this.landed = new Set(this.landed).add(source.seq);
    else this.unhear(source.device, source.seq);
    this.shown = null;
    return true;
  }

  addOwn(event: OwnEvent): void {
    this.own = new Map(this.own).set(event.source.seq, event);
    this.shown = null;
  }

  /** Takes what another device wrote, unless a feed has brought it. */
  hear(source: Source): void {
    if (this.foldArrived().history.some(([, device, seq]) => device === source.device && seq === source.seq)) return;
    this.heard = new Map([...this.heard, [eventKey(source.device, source.seq), source]]);
    this.shown = null;
  }

  /** The hub has refused it, or a feed has brought it. */
  unhear(device: number, seq: number): void {
    if (this.heard.size === 0) return;
    this.heard = new Map([...this.heard].filter(([key]) => key !== eventKey(device, seq)));
    this.shown = null;
  }

  /**
   * What the author of a new event on this device names as seen: others' events that may yet be lost. Those are the
   * unconfirmed ones, and confirmed ones past `durable`. What the hub itself wrote nobody else could offer again.
   */
  seen(own: number, durable: number): [device: number, seq: number][] {
    const heard = Array.from(this.heard.values(), ({ device, seq }): [number, number] => [device, seq]);
    const losable = this.foldArrived()
      .history.filter(([position, device]) => position > durable && device !== own && device !== HUB_DEVICE)
      .map(([, device, seq]): [number, number] => [device, seq]);
    return [...heard, ...losable.reverse()].slice(0, EVENT_SEEN_COUNT_MAX);
  }

  /** Nothing here says how it began, nor where it stands: only single steps of it are known. There is nothing to show of it. */
  get rumour(): boolean {
    const begins = [...this.own.values()].some(({ source }) => source.head.type === 'case.receive');
    return this.position === 0 && !begins && this.view.item === null;
  }

  /** Nothing is here any more: all there was of it was hearsay that the hub refused. */
  get gone(): boolean {
    return this.position === 0 && this.heard.size === 0 && this.own.size === 0;
  }

  private fold(): CaseState {
    const confirmed = this.foldArrived();
    // Most cases are others': a tablet that starts folds thousands of them.
    if (this.own.size === 0 && this.heard.size === 0) return confirmed;
    const { stillborn } = this;
    // What the hub refused has no effect anywhere.
    const waiting = [...this.own.values()]
      .filter(({ source, state }) => !this.landed.has(source.seq) && (state !== 'refused' || stillborn))
      .map(({ source }) => source)
      .concat(...this.heard.values())
      .sort(compareUnconfirmed);
    const state = copyState(confirmed);
    for (const source of waiting) this.apply(state, { ...source, position: 0, hubMs: 0 });
    return state;
  }

  private apply(state: CaseState, source: Source): void {
    const changes = applyChange(state, source);
    // Few steps change anything, and there are thousands of cases.
    if (changes.length > 0) this.changed = new Map(this.changed).set(eventKey(source.device, source.seq), changes);
  }

  /** All that is confirmed; a state that was shown is never changed. */
  private foldArrived(): CaseState {
    if (this.confirmed !== null && this.arrived.length === 0) return this.confirmed;
    this.confirmed = this.confirmed === null ? emptyState() : copyState(this.confirmed);
    for (const source of this.arrived) this.apply(this.confirmed, source);
    this.arrived = [];
    return this.confirmed;
  }
}

export type RecordType = 'point.set' | 'window.set' | 'department.set' | 'item.publish' | 'bundle.set' | 'resource.set' | 'duty.set';

export interface ZoneRecordView {
  id: string;
  record: Record<string, unknown>;
  position: number;
}

/** What changed: ids of cases, and whether records or accounts did. */
export interface Changed {
  cases: Set<string>;
  reference: boolean;
}

export class Replica {
  readonly cases = new Map<string, CaseReplica>();
  readonly records = new Map<string, Map<string, ZoneRecordView>>();
  readonly accounts = new Map<string, BodyByType['account.set']>();
  /** When the hub took what it says of each account. */
  readonly accountMs = new Map<string, number>();
  readonly devices = new Map<number, BodyByType['device.enrol']>();
  readonly revoked = new Set<number>();
  /** The newest reading of other people's events that may be believed. */
  hlc: Bytes = ZERO;
  /** Up to this position the hub's ledger is in a backup, as far as it has said. */
  durable = 0;
  private readonly stands = new Map<string, number>();

  constructor(private readonly device: number) {}

  /** Takes the entries of a checked page. */
  take(entries: readonly FullEntry[], wallMs: number): Changed {
    const changed: Changed = { cases: new Set(), reference: false };
    for (const [position, device, seq, hubMs, event] of entries) {
      const source: Source = { position, device, seq, hubMs, head: decodeHead(event) };
      const stream = toHex(source.head.stream);
      this.hlc = merge(this.hlc, source.head.hlc, wallMs);
      if (this.cases.has(stream) || source.head.type.startsWith('case.')) {
        if (this.caseOf(stream).confirm(source, device === this.device)) changed.cases.add(stream);
      } else if (position > (this.stands.get(stream) ?? 0)) {
        this.stands.set(stream, position);
        if (this.stand(stream, source)) changed.reference = true;
      }
    }
    return changed;
  }

  /** Adds own events of the log, or what the hub has said of them since. */
  addOwn(events: readonly OwnEvent[]): Set<string> {
    const changed = new Set<string>();
    for (const event of events) {
      if (!event.source.head.type.startsWith('case.')) continue;
      const id = toHex(event.source.head.stream);
      this.caseOf(id).addOwn(event);
      changed.add(id);
    }
    return changed;
  }

  /** Takes events of others that were heard at the point and that no feed has brought; malformed ones are nobody's. */
  hear(entries: readonly FullEntry[], wallMs: number): Set<string> {
    const changed = new Set<string>();
    for (const [, device, seq, , event] of entries) {
      const head = findHead(event);
      if (head === null || device === this.device || !head.type.startsWith('case.')) continue;
      const stream = toHex(head.stream);
      this.hlc = merge(this.hlc, head.hlc, wallMs);
      this.caseOf(stream).hear({ position: 0, device, seq, hubMs: 0, head });
      changed.add(stream);
    }
    return changed;
  }

  /** The hub has refused these events of others. */
  unhear(refused: readonly [device: number, seq: number][]): Set<string> {
    const changed = new Set<string>();
    for (const kept of this.cases.values()) {
      for (const [device, seq] of refused) {
        if (!kept.heard.has(eventKey(device, seq))) continue;
        kept.unhear(device, seq);
        changed.add(kept.id);
      }
      if (kept.gone) this.cases.delete(kept.id);
    }
    return changed;
  }

  /** Nothing heard counts any more. */
  unhearAll(): Set<string> {
    const heard = [...this.cases.values()].flatMap((kept) => [...kept.heard.values()]);
    return this.unhear(heard.map(({ device, seq }) => [device, seq]));
  }

  /** How many events of others wait here for the hub's word. */
  get hearsay(): number {
    let count = 0;
    for (const { heard } of this.cases.values()) count += heard.size;
    return count;
  }

  /** A device that is enrolled and not revoked. */
  inService(number: number): BodyByType['device.enrol'] | null {
    return this.revoked.has(number) ? null : (this.devices.get(number) ?? null);
  }

  private caseOf(id: string): CaseReplica {
    const known = this.cases.get(id);
    if (known !== undefined) return known;
    const made = new CaseReplica(id);
    this.cases.set(id, made);
    return made;
  }

  private stand(stream: string, { position, head, hubMs }: Source): boolean {
    const typed = findBody(head);
    if (typed === null) return false;
    switch (typed.type) {
      case 'account.set':
        this.accounts.set(stream, typed.body);
        this.accountMs.set(stream, hubMs);
        return true;
      case 'device.enrol':
        this.devices.set(typed.body.number, typed.body);
        return true;
      case 'device.revoke':
        this.revoked.add(typed.body.number);
        return true;
      case 'backup.made':
        this.durable = Math.max(this.durable, typed.body.position);
        return false;
      case 'epoch.begin':
        this.durable = Math.max(this.durable, typed.body.after);
        return false;
      case 'point.set':
      case 'window.set':
      case 'department.set':
      case 'item.publish':
      case 'bundle.set':
      case 'resource.set':
      case 'duty.set': {
        const byId = this.records.get(typed.type) ?? new Map<string, ZoneRecordView>();
        byId.set(typed.body.id, { ...typed.body, position });
        this.records.set(typed.type, byId);
        return true;
      }
      default:
        return false;
    }
  }
}

function eventKey(device: number, seq: number): string {
  return `${String(device)}:${String(seq)}`;
}

function findHead(event: Uint8Array): EventHead | null {
  try {
    return decodeHead(event);
  } catch {
    // Its author signed it all the same; the hub will refuse it as malformed.
    return null;
  }
}
