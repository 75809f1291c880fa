// What a person is offered and shown: the lifecycle's roles, scopes and modes, the search, and ticks that never lie.

import { describe, expect, it } from 'vitest';

import { compareBytes } from '../sync/bytes';
import { pack } from '../sync/clock';
import { decodeHead, encodeEvent, type BodyByType, type EventType } from '../sync/event';
import type { FullEntry } from '../sync/fold';
import { CaseReplica, Replica, type OwnEvent, type OwnState } from '../sync/replica';
import { actionsFor, mayEdit, mayFetch, nextSteps, type Person } from './actions';
import { isInGroup, isTask, matches, summarise, type Surroundings } from './summary';
import type { CaseView } from './types';
import { openRefusals } from './vain';
import { viewCase } from './view';

const STREAM = new Uint8Array(16).fill(7);
const ID = '07'.repeat(16);
const CLERK = new Uint8Array(16).fill(1);
const SHA = new Uint8Array(32).fill(5);
const HEX = '05'.repeat(32);
const DEVICE = 12;

function receive(mode = 'own_window_unified', photos: BodyByType['case.receive']['materials'][number]['photos'] = []): BodyByType['case.receive'] {
  return {
    item: { id: 'SCJG-001', version: 'v', code: 'c', type_code: '01', case_type: 'instant', mode },
    point: 'HALL',
    dept: 'SCJG',
    applicant: { name: '王小明', id_type: 'idcard', id_no: '11010519491231002X', phone: '' },
    fields: { scope: '餐饮' },
    materials: [{ id: 'M1', status: 'provided', note: '', photos }],
    window: '',
    receipt_no: 'JK-HALL-12-20261123-0001-R',
    person: '',
  };
}

function event<K extends EventType>(type: K, body: Partial<BodyByType[K]>, ms: number): Uint8Array {
  return encodeEvent({ type, stream: STREAM, hlc: pack(ms, 0), actor: CLERK, base: 0, seen: [], body });
}

function own(seq: number, bytes: Uint8Array, state: OwnState, acked: boolean): OwnEvent {
  const source = { position: 0, device: DEVICE, seq, hubMs: 0, head: decodeHead(bytes) };
  return { source, state, code: state === 'refused' ? 'not-entitled' : '', savedMs: seq, hubMs: acked ? 9 : 0, acked, position: acked ? seq : 0, renews: null };
}

function kept(replica: Replica): CaseReplica {
  return replica.cases.get(ID) ?? new CaseReplica(ID);
}

function person(role: string, point = '', dept = '', devicePoint = 'HALL'): Person {
  return { id: '01'.repeat(16), actor: CLERK, roles: [{ role, point, dept }], devicePoint };
}

function around(who: Person, sent: [string, number][] = []): Surroundings {
  return { person: who, device: DEVICE, noted: new Set(), feeds: new Set(['point:HALL']), pointSeq: 0, droppedPhotos: new Set(), sentMsByPhoto: new Map(sent), itemName: () => '个体工商户设立登记', itemWords: () => 'gtgshsldj' };
}

function received(mode?: string): Replica {
  const replica = new Replica(DEVICE);
  const entry: FullEntry = [1, 13, 1, 5, event('case.receive', receive(mode), 1)];
  replica.take([entry], 10);
  return replica;
}

describe('what is offered', () => {
  const types = (who: Person, mode?: string): string[] => actionsFor(kept(received(mode)).view, who).map(({ type }) => type);

  it('is the role’s, at its point, on a device of that point', () => {
    expect(types(person('window_clerk', 'HALL'))).toEqual(['case.request_correction', 'case.refuse_acceptance', 'case.accept', 'case.accept_with_deferral', 'case.transfer']);
    expect(types(person('window_clerk', 'HALL', '', 'JZ'))).toEqual([]);
    expect(types(person('window_clerk', 'JZ', '', 'JZ'))).toEqual([]);
    expect(types(person('reviewer', '', 'SCJG', 'JZ'))).toContain('case.accept');
    expect(types(person('reviewer', '', 'ZRGH'))).toEqual([]);
    expect(types(person('supervisor'))).toEqual([]);
  });

  it('is narrowed by the item’s acceptance mode', () => {
    expect(types(person('window_clerk', 'HALL'), 'comprehensive_receive_back_accept')).toEqual(['case.request_correction', 'case.refuse_acceptance', 'case.transfer']);
  });

  it('says which guard stands against it', () => {
    const replica = received();
    replica.take([[2, 13, 2, 6, event('case.accept_with_deferral', { deferred: ['M1'] }, 2)]], 10);
    const spot = actionsFor(kept(replica).view, person('approver', '', 'SCJG')).find(({ type }) => type === 'case.decide_on_the_spot');
    expect(spot).toMatchObject({ blocked: 'deferral-open', needs: ['opinion'] });
  });

  it('names who may go on, whoever looks', () => {
    const rolesOf = (mode?: string): string[] | undefined => nextSteps(kept(received(mode)).view).find(({ type }) => type === 'case.accept')?.roles;
    expect(rolesOf()).toEqual(['window_clerk', 'reviewer']);
    expect(rolesOf('comprehensive_receive_back_accept')).toEqual(['reviewer']);
  });

  it('covers edits, and tells work from what is merely possible', () => {
    const { view } = kept(received());
    expect([mayEdit(view, person('window_clerk', 'HALL')), mayEdit(view, person('approver', '', 'SCJG'))]).toEqual([true, false]);
    expect([isTask(view, person('window_clerk', 'HALL')), isTask(view, person('approver', '', 'SCJG'))]).toEqual([true, false]);
  });
});

describe('fetching from other points', () => {
  it('is for who acts in cases of any point, where the role is held', () => {
    const may = ([role, point, devicePoint]: [string, string, string]): boolean => mayFetch(person(role, point, '', devicePoint));
    expect(([['issuing_clerk', 'JZ', 'JZ'], ['issuing_clerk', '', 'JZ']] as [string, string, string][]).map(may)).toEqual([true, true]);
    expect(([['issuing_clerk', 'HALL', 'JZ'], ['window_clerk', 'JZ', 'JZ'], ['supervisor', '', 'JZ']] as [string, string, string][]).map(may)).toEqual([false, false, false]);
  });
});

describe('ticks', () => {
  it('are the third only when every own event is accepted and acknowledged', () => {
    const who = around(person('window_clerk', 'HALL'));
    const opening = event('case.receive', receive(), 1);
    const act = event('case.accept', {}, 2);
    const tickOf = (...events: OwnEvent[]): number => {
      const replica = new Replica(DEVICE);
      replica.addOwn(events);
      return summarise(kept(replica), who).tick;
    };
    expect(tickOf(own(1, opening, 'queued', false))).toBe(1);
    expect(tickOf(own(1, opening, 'accepted', false))).toBe(1);
    expect(tickOf(own(1, opening, 'accepted', true))).toBe(3);
    for (const state of ['queued', 'parked'] as const) {
      expect(tickOf(own(1, opening, 'accepted', true), own(2, act, state, state !== 'queued'))).toBe(1);
    }
    // The hub has the case; that it refused a step of it is told beside.
    expect(tickOf(own(1, opening, 'accepted', true), own(2, act, 'refused', true))).toBe(3);
    expect(tickOf(own(1, opening, 'refused', true), own(2, act, 'refused', true))).toBe(1);
  });

  it('bear the hub’s time once it has all, and the author’s before', () => {
    const replica = new Replica(DEVICE);
    replica.addOwn([own(1, event('case.receive', receive(), 3), 'queued', false)]);
    const who = around(person('window_clerk', 'HALL'));
    expect(summarise(kept(replica), who).tickMs).toBe(3);
    expect(summarise(kept(received()), who).tickMs).toBe(5);
  });

  it('wait for photographs, one’s own and others’', () => {
    const opening = event('case.receive', receive(undefined, [{ sha256: SHA, size: 3, mime: 'image/jpeg' }]), 1);
    const mine = new Replica(DEVICE);
    mine.addOwn([own(1, opening, 'accepted', true)]);
    const who = person('window_clerk', 'HALL');
    expect(summarise(kept(mine), around(who, [[HEX, 0]]))).toMatchObject({ tick: 1, photosUnsent: 1, photosMissing: 1 });
    expect(summarise(kept(mine), around(who, [[HEX, 8]]))).toMatchObject({ tick: 3, photosUnsent: 0, photosMissing: 0 });
    const theirs = new Replica(DEVICE);
    theirs.take([[1, 13, 1, 5, opening]], 10);
    expect(summarise(kept(theirs), around(who))).toMatchObject({ tick: 1, photosUnsent: 0, photosMissing: 1 });
    theirs.take([[2, 1, 1, 6, event('case.attachment', { sha256: SHA, size: 3, mime: 'image/jpeg' }, 2)]], 10);
    expect(summarise(kept(theirs), around(who)).tick).toBe(3);
  });
});

describe('a replica', () => {
  it('takes the same entry from two feeds once, and own events from the feed in place of the log', () => {
    const replica = new Replica(DEVICE);
    const opening = event('case.receive', receive(), 1);
    replica.addOwn([own(1, opening, 'accepted', true)]);
    const entry: FullEntry = [4, DEVICE, 1, 5, opening];
    expect([...replica.take([entry], 10).cases]).toEqual([ID]);
    expect([...replica.take([entry], 10).cases]).toEqual([]);
    expect(kept(replica).view.history.length).toBe(1);
    expect(kept(replica).view.history[0]?.[0]).toBe(4);
    expect(kept(replica).position).toBe(4);
  });

  it('believes no clock that is far ahead', () => {
    const replica = new Replica(DEVICE);
    replica.take([[1, 13, 1, 5, event('case.receive', receive(), 10_000_000)]], 10);
    expect(compareBytes(replica.hlc, new Uint8Array(8))).toBe(0);
    replica.take([[2, 13, 2, 6, event('case.accept', {}, 9)]], 10);
    expect(compareBytes(replica.hlc, pack(9, 0))).toBe(0);
  });
});

describe('a case that came online', () => {
  const FILED_MS = 1;
  function filed(...acts: Uint8Array[]): CaseReplica {
    const replica = new Replica(DEVICE);
    const all = [event('case.submit_online', { ...receive(), receipt_no: '', person: '01'.repeat(16) }, FILED_MS), ...acts];
    replica.take(all.map((bytes, i): FullEntry => [i + 1, 13, i + 1, 5, bytes]), 10);
    return kept(replica);
  }
  const clerk = person('window_clerk', 'HALL');
  const types = (of: CaseReplica): string[] => actionsFor(of.view, clerk).map(({ type }) => type);

  it('is shown whole, without a receipt number, and is the window’s to pre-review', () => {
    const view = viewCase(filed(), around(clerk), { author: () => '申请人' });
    expect(view).toMatchObject({ state: 'submitted', receiptNo: '', applicantName: '王小明', itemId: 'SCJG-001', receivedMs: FILED_MS, tick: 3 });
    expect(view.fields['scope']?.[0]?.value).toBe('餐饮');
    expect(types(filed())).toEqual(['case.prereview_return', 'case.prereview_pass']);
    expect(isTask(filed().view, clerk)).toBe(true);
  });

  it('once passed waits for the applicant, and counts from its receipt when it is received', () => {
    const pass = event('case.prereview_pass', {}, 2);
    const passed = filed(pass);
    expect([passed.view.state, types(passed), isTask(passed.view, clerk)]).toEqual(['prereview_passed', [], false]);
    const taken = filed(pass, event('case.receive', receive(), 3));
    expect(summarise(taken, around(clerk))).toMatchObject({ state: 'received', receiptNo: 'JK-HALL-12-20261123-0001-R', receivedMs: 3 });
    expect(types(taken)).toContain('case.accept');
  });
});

describe('a list and a view', () => {
  it('find a case by any part of what is known of it', () => {
    const line = summarise(kept(received()), around(person('window_clerk', 'HALL')));
    for (const text of ['小明', '0001', 'jkhall12', '002X', '个体', 'GTGSH', '王 登记', '１１０１']) expect([text, matches(line, text, 'gtgshsldj')]).toEqual([text, true]);
    expect(matches(line, '李', '')).toBe(false);
    expect([isInGroup(line, 'confirmed', false), isInGroup(line, 'waiting', false), isInGroup(line, 'draft', false)]).toEqual([true, false, false]);
  });

  it('are open until somebody has done the same behind them, in one push too, and note is taken of one place alone', () => {
    const replica = received();
    const accept = event('case.accept', { opinion: '同意受理' }, 3);
    const at = (position: number, who: number): FullEntry => [position, who, position, 5, event('case.accept', { opinion: '同意受理' }, 4)];
    replica.take([at(2, 14)], 10);
    // The hub's time of all in a push is the same.
    const refused = { ...own(1, accept, 'refused', true), hubMs: 5, position: 3 };
    replica.addOwn([refused]);
    const open = (...noted: number[]): number => openRefusals(kept(replica), { device: DEVICE, noted: new Set(noted) }).length;
    expect([open(), open(1), open(3)]).toEqual([1, 1, 0]);
  });

  it('stay open where somebody else has done the same with words of their own', () => {
    const replica = received();
    const missing = [{ kind: 'material' as const, id: 'M1', note: '缺签字页' }];
    replica.take([[2, 14, 2, 5, event('case.request_correction', { missing }, 4)], [4, 14, 4, 6, event('case.supplement', { fields: { scope: '零售' } }, 5)]], 10);
    expect(kept(replica).view.history.at(-1)?.[7]).toBe('applied');
    replica.addOwn([{ ...own(1, event('case.supplement', { fields: { scope: '批发' } }, 3), 'refused', true), position: 3 }]);
    expect(openRefusals(kept(replica), { device: DEVICE, noted: new Set() })).toHaveLength(1);
  });

  it('show both values with their authors, and refused acts where they were written', () => {
    const replica = received();
    replica.take([[2, 14, 1, 6, event('case.edit', { fields: { scope: '零售' }, materials: [] }, 2)]], 10);
    replica.addOwn([own(1, event('case.accept', { opinion: '同意受理' }, 3), 'refused', true)]);
    const names = { author: (_: Uint8Array, device: number) => `设备${String(device)}` };
    const view = viewCase(kept(replica), around(person('window_clerk', 'HALL')), names);
    expect(view.fields['scope']).toEqual([
      { value: '餐饮', author: '设备13', ms: 1 },
      { value: '零售', author: '设备14', ms: 2 },
    ]);
    expect(view.conflicts).toBe(1);
    expect(view.state).toBe('received');
    expect(view.history.map(({ effect, code, text }) => [effect, code, text])).toEqual([
      ['applied', '', ''],
      ['applied', '', ''],
      ['refused', 'not-entitled', '同意受理'],
    ]);
    expect(view.materials['M1']?.[0]?.value).toEqual({ id: 'M1', status: 'provided', note: '', photos: [] });
  });

  it('say what each step set, and of a photograph which material it is', () => {
    const photo = { sha256: SHA, size: 9, mime: 'image/jpeg' };
    const replica = received();
    const provided = { id: 'M1', status: 'provided' as const, note: '', photos: [photo] };
    replica.take([
      [2, 14, 1, 6, event('case.edit', { fields: { scope: '零售', phone: '138', same: '' }, materials: [provided] }, 2)],
      [3, 1, 9, 7, event('case.attachment', { sha256: SHA, size: 9, mime: 'image/jpeg' }, 3)],
    ], 10);
    // Not confirmed yet; and setting what stands there already is no change.
    replica.addOwn([own(1, event('case.edit', { fields: { phone: '139', same: '' }, materials: [] }, 4), 'queued', false)]);
    const look = (): CaseView => viewCase(kept(replica), around(person('window_clerk', 'HALL')), { author: () => '李受理' });
    const line = { id: 'M1', status: 'provided', note: '' };
    const hub = { sha256: HEX, size: 9, mime: 'image/jpeg' };
    const told = [
      [],
      [
        { kind: 'field', id: 'scope', before: ['餐饮'], after: '零售' },
        { kind: 'field', id: 'phone', before: [], after: '138' },
        { kind: 'field', id: 'same', before: [], after: '' },
        { kind: 'material', id: 'M1', before: [{ ...line, photos: [] }], after: { ...line, photos: [hub] } },
      ],
      [{ kind: 'material', id: 'M1', before: [{ ...line, photos: [] }, { ...line, photos: [hub] }], after: null }],
      [{ kind: 'field', id: 'phone', before: ['138'], after: '139' }],
    ];
    expect(look().history.map(({ changes }) => changes)).toEqual(told);
    // Confirmed, it says the same.
    replica.take([[4, DEVICE, 1, 8, event('case.edit', { fields: { phone: '139', same: '' }, materials: [] }, 4)]], 10);
    expect(look().history.map(({ changes }) => changes)).toEqual(told);
  });

  it('say nothing of what a step without effect would have set', () => {
    const replica = received();
    replica.take([[2, 14, 1, 6, event('case.supplement', { fields: { scope: '零售' } }, 2)]], 10);
    const view = viewCase(kept(replica), around(person('window_clerk', 'HALL')), { author: () => '' });
    expect(view.history.map(({ effect, changes }) => [effect, changes])).toEqual([['applied', []], ['void', []]]);
  });
});
