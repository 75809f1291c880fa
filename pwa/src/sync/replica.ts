// What a reader makes of feeds and of its own log: every case folded, and the zone's records. Twin of sync/replica.py.
//
// Confirmed events are applied once, by position; own events that no feed has brought yet are folded on top. A stream's
// history comes whole and in order in every feed that it is in, so an entry at or before the last position is a repeat.

import { toHex, type Bytes } from './bytes';
import { merge, ZERO } from './clock';
import { decodeHead, findBody, type BodyByType } from './event';
import { apply, compareUnconfirmed, copyState, emptyState, type CaseState, type FullEntry, type Source } from './fold';

/** What the hub said of an own event, as the log keeps it. */
export type OwnState = 'queued' | 'accepted' | 'parked' | 'refused';

export interface OwnEvent {
  source: Source;
  state: OwnState;
  code: string;
  savedMs: number;
  hubMs: number;
  acked: boolean;
}

/** One case: `view` is what a person sees. */
export interface CaseReplica {
  id: string;
  view: CaseState;
  /** The highest position of this stream that is folded in. */
  position: number;
  /** Own events by seq, whether or not a feed has brought them. */
  own: Map<number, OwnEvent>;
  firstMs: number;
  lastMs: number;
  confirmed: CaseState;
  /** Seqs of own events that a feed has brought. */
  landed: Set<number>;
  /** The hub refused all there is of it: shown as it was written, so that nothing is lost, but nothing can follow. */
  stillborn: boolean;
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
  readonly devices = new Map<number, BodyByType['device.enrol']>();
  /** The newest reading of other people's events that may be believed. */
  hlc: Bytes = ZERO;
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
        if (this.confirm(this.caseOf(stream), source)) changed.cases.add(stream);
      } else if (position > (this.stands.get(stream) ?? 0)) {
        this.stands.set(stream, position);
        if (this.stand(stream, source)) changed.reference = true;
      }
    }
    for (const id of changed.cases) this.rebuild(this.caseOf(id));
    return changed;
  }

  /** Adds own events of the log, or what the hub has said of them since. */
  addOwn(events: readonly OwnEvent[]): Set<string> {
    const changed = new Set<string>();
    for (const event of events) {
      if (!event.source.head.type.startsWith('case.')) continue;
      const id = toHex(event.source.head.stream);
      this.caseOf(id).own.set(event.source.seq, event);
      changed.add(id);
    }
    for (const id of changed) this.rebuild(this.caseOf(id));
    return changed;
  }

  private caseOf(id: string): CaseReplica {
    const known = this.cases.get(id);
    if (known !== undefined) return known;
    const confirmed = emptyState();
    const made: CaseReplica = { id, view: confirmed, confirmed, position: 0, own: new Map(), landed: new Set(), firstMs: 0, lastMs: 0, stillborn: false };
    this.cases.set(id, made);
    return made;
  }

  private confirm(kept: CaseReplica, source: Source): boolean {
    if (source.position <= kept.position) return false;
    apply(kept.confirmed, source);
    kept.position = source.position;
    if (source.device === this.device) kept.landed.add(source.seq);
    return true;
  }

  /** Folds what no feed has brought yet on top of what is confirmed. What the hub refused has no effect anywhere. */
  private rebuild(kept: CaseReplica): void {
    const own = [...kept.own.values()];
    kept.stillborn = kept.position === 0 && own.every(({ state }) => state === 'refused');
    const waiting = own
      .filter(({ source, state }) => !kept.landed.has(source.seq) && (state !== 'refused' || kept.stillborn))
      .map(({ source }) => source)
      .sort(compareUnconfirmed);
    kept.view = waiting.length === 0 ? kept.confirmed : copyState(kept.confirmed);
    for (const source of waiting) apply(kept.view, { ...source, position: 0, hubMs: 0 });
    const times = [...kept.view.history.map((row) => row[5]), ...own.map(({ savedMs }) => savedMs)];
    kept.firstMs = Math.min(...times);
    kept.lastMs = Math.max(...times);
  }

  private stand(stream: string, { position, head }: Source): boolean {
    const typed = findBody(head);
    if (typed === null) return false;
    switch (typed.type) {
      case 'account.set':
        this.accounts.set(stream, typed.body);
        return true;
      case 'device.enrol':
        this.devices.set(typed.body.number, typed.body);
        return true;
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
