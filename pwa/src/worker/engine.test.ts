// The engine against a hub in memory: what is saved stays saved, and no tick turns before the hub's own signature.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { MemoryStore } from '../store/memory';
import type { Store } from '../store/port';
import { fromHex, type Bytes } from '../sync/bytes';
import { pack } from '../sync/clock';
import { encodeEvent } from '../sync/event';
import { decodeStanding } from '../sync/messages';
import type { Change, Draft } from './api';
import type { Engine } from './engine';
import type { FakeHub } from './testing/hub';
import { CLERK, draft, FIELDS, ITEM, photographed, PIN, Profile, takeIn as takeInDraft, until, valueOf, whenStatus } from './testing/profile';

let profile: Profile;
let hub: FakeHub;
let store: MemoryStore;

const start = (over: Store = store, socket = hub.wire()): Promise<Engine> => profile.tab(over, socket);
const atWork = (): Promise<Engine> => profile.atWork();
const takeIn = (engine: Engine, id?: string): Promise<{ caseId: string; receiptNo: string }> => takeInDraft(engine, draft(id));

beforeEach(async () => {
  profile = await Profile.make();
  ({ hub, store } = profile);
  vi.stubGlobal('fetch', hub.fetch);
});

afterEach(async () => {
  await profile.close();
  vi.unstubAllGlobals();
});

describe('a case', () => {
  it('is numbered and saved with the line cut, and ticks at the hub when it is back', async () => {
    const engine = await atWork();
    hub.down = true;
    hub.cut();
    await whenStatus(engine, ({ reach }) => reach === 'none');
    const { caseId, receiptNo } = await takeIn(engine);
    expect(receiptNo).toMatch(/^JK-HALL-12-[0-9]{8}-0001-[0-9A-Z]$/);
    expect(await engine.draft(caseId)).toEqual({ ok: false, code: 'not-found' });
    expect((await engine.cases({}))[0]).toMatchObject({ id: caseId, tick: 1, state: 'received', applicantName: '王小明', mine: true });
    expect(await engine.status()).toMatchObject({ unsent: 1, reach: 'none' });
    hub.down = false;
    await engine.syncNow();
    await until(engine, async () => (await engine.cases({}))[0]?.tick === 3);
    await until(engine, async () => (await engine.caseView(caseId))?.history[0]?.hubMs !== 0);
    expect(await engine.status()).toMatchObject({ unsent: 0, reach: 'hub' });
    expect(await engine.outbox()).toEqual([]);
    expect((await engine.caseView(caseId))?.history[0]).toMatchObject({ author: '李受理', type: 'case.receive', effect: 'applied' });
  });

  it('is found by name, number and receipt, and counted on', async () => {
    const engine = await atWork();
    const one = await takeIn(engine, '0a'.repeat(16));
    const two = await takeIn(engine, '0b'.repeat(16));
    expect([one.receiptNo.slice(-6, -2), two.receiptNo.slice(-6, -2)]).toEqual(['0001', '0002']);
    const found = async (text: string): Promise<number> => (await engine.cases({ text })).length;
    expect([await found('小明'), await found('002x'), await found(two.receiptNo), await found('个体 王'), await found('没有')]).toEqual([2, 2, 1, 2, 0]);
  });

  it('is not taken in with a wrong form, and the draft stays', async () => {
    const engine = await atWork();
    valueOf(await engine.saveDraft({ ...draft(), fields: { ...FIELDS, operatorIdNo: '110105194912310021' } }));
    expect(await engine.receive(draft().id)).toMatchObject({ ok: false, code: 'field-idcard-check', params: { field: 'operatorIdNo' } });
    expect(await engine.draft(draft().id)).toMatchObject({ ok: true });
    expect((await engine.cases({ group: 'draft' })).length).toBe(1);
  });

  it('keeps its tick until every photo is at the hub', async () => {
    const engine = await atWork();
    const photo = valueOf(await engine.savePhoto(Uint8Array.of(0xff, 0xd8, 0xff, 1).buffer, 'image/jpeg'));
    hub.portal = true;
    const material = { id: ITEM.materials[0]?.id ?? '', status: 'provided', photos: [photo], note: '' } as const;
    valueOf(await engine.saveDraft({ ...draft(), materials: [{ ...material, photos: [photo] }] }));
    const { caseId } = valueOf(await engine.receive(draft().id));
    await until(engine, async () => (await engine.outbox()).every(({ state }) => state === 'photo'));
    expect((await engine.cases({}))[0]).toMatchObject({ tick: 1, photosUnsent: 1, photosMissing: 1 });
    expect(hub.uploads.stored.size).toBe(0);
    hub.portal = false;
    await engine.syncNow();
    await until(engine, async () => (await engine.cases({}))[0]?.tick === 3);
    expect(hub.uploads.stored.size).toBe(1);
    expect((await engine.caseView(caseId))?.photos[photo.sha256]).toMatchObject({ stored: true, here: true });
  });

  it('shows what the hub refused, with its code and all that was written, and goes on', async () => {
    const engine = await atWork();
    hub.judge = (_, seq) => (seq === 1 ? { code: 'catalogue-mismatch', parked: false } : { code: 'ok', parked: false });
    const { caseId } = await takeIn(engine, '0a'.repeat(16));
    await takeIn(engine, '0b'.repeat(16));
    await until(engine, async () => (await engine.cases({ group: 'confirmed' })).length === 1);
    expect(await engine.status()).toMatchObject({ refused: 1, unsent: 0 });
    const view = await engine.caseView(caseId);
    expect(view).toMatchObject({ tick: 1, refused: ['catalogue-mismatch'], applicantName: '王小明', actions: [], mayEdit: false });
    expect(view?.history).toMatchObject([{ effect: 'refused', code: 'catalogue-mismatch' }]);
    expect(await engine.outbox()).toMatchObject([{ caseId, state: 'refused', code: 'catalogue-mismatch' }]);
  });

  it('is not called confirmed while an act of it is parked', async () => {
    const engine = await atWork();
    hub.judge = (type) => (type === 'case.accept' ? { code: 'cause-missing', parked: true } : { code: 'ok', parked: false });
    const { caseId } = await takeIn(engine);
    expect(await engine.act(caseId, 'case.accept', {})).toEqual({ ok: true, value: null });
    await until(engine, async () => (await engine.outbox())[0]?.state === 'parked');
    expect(await engine.caseView(caseId)).toMatchObject({ state: 'accepted', tick: 1 });
    expect((await engine.status()).unsent).toBe(1);
  });

  it('is offered by the roles that the zone says now, not by those at sign-in', async () => {
    const engine = await atWork();
    const { caseId } = await takeIn(engine);
    const roles = [{ ...CLERK, until_ms: hub.nowMs - 1 }, { ...CLERK, role: 'guide' }];
    hub.publish('account.set', hub.account, { username: 'li', name: '李受理', roles, closed: false });
    await hub.grow();
    await until(engine, async () => (await engine.caseView(caseId))?.actions.length === 0);
    valueOf(await engine.saveDraft(draft('0b'.repeat(16))));
    expect(await engine.receive('0b'.repeat(16))).toMatchObject({ ok: false, code: 'not-entitled' });
  });

  it('names an act that cannot have an effect before it is written', async () => {
    const engine = await atWork();
    const { caseId } = await takeIn(engine);
    expect(await engine.act(caseId, 'case.approve', { opinion: '同意' })).toMatchObject({ code: 'state' });
    expect(await engine.act(caseId, 'case.request_correction', {})).toMatchObject({ code: 'act-incomplete' });
    expect((await engine.caseView(caseId))?.actions.map(({ type }) => type)).toContain('case.accept');
  });
});

describe('the line', () => {
  it('brings everything up exactly once through loss, repetition and cuts', async () => {
    const engine = await atWork();
    let seed = 1;
    hub.fate = () => {
      seed = (seed * 48_271) % 0x7fff_ffff;
      return seed % 9 === 0 ? 'cut' : seed % 4 === 0 ? 'twice' : 'pass';
    };
    for (let i = 10; i < 22; i += 1) await takeIn(engine, String(i).repeat(16));
    await until(engine, async () => (await engine.cases({ group: 'confirmed' })).length === 12);
    expect(hub.logs.get(12)?.events.length).toBe(12);
    expect(new Set((await engine.cases({})).map(({ receiptNo }) => receiptNo)).size).toBe(12);
  });

  it('offers again what a restored hub has lost', async () => {
    const engine = await atWork();
    for (const id of ['0a', '0b', '0c']) await takeIn(engine, id.repeat(16));
    await whenStatus(engine, ({ unsent }) => unsent === 0);
    hub.restore(12, 1);
    hub.cut();
    await until(engine, () => Promise.resolve(hub.logs.get(12)?.events.length === 3));
    await whenStatus(engine, ({ unsent }) => unsent === 0);
    expect((await engine.cases({ group: 'confirmed' })).length).toBe(3);
  });

  it('turns no tick for an acknowledgement that the hub did not sign', async () => {
    const engine = await atWork();
    const forged: Bytes = new Uint8Array(64);
    hub.fate = (way, message) => {
      if (way === 'down' && message.type === 'ack') message.signature = forged;
      return 'pass';
    };
    await takeIn(engine);
    await whenStatus(engine, ({ problem }) => problem === 'not-the-hub');
    expect(await engine.cases({ group: 'confirmed' })).toEqual([]);
    expect((await engine.status()).unsent).toBe(1);
  });

  it('proves to the hub what it says of itself, and says it anew when it changes', async () => {
    const engine = await atWork();
    hub.judge = (type) => ({ code: type === 'case.receive' ? 'not-entitled' : 'ok', parked: false });
    await takeIn(engine);
    await vi.waitFor(() => { expect(hub.reports.at(-1)).toMatchObject({ unsent: 0, refused: 1, unsent_attachments: 0 }); });
  });

  it('tells the hub how far it has read, and of its log and its storage', async () => {
    const engine = await atWork();
    await profile.cutLine(engine);
    await takeIn(engine);
    await profile.restoreLine(engine);
    await vi.waitFor(() => {
      const standing = decodeStanding(hub.reports.at(-1)?.standing ?? new Uint8Array());
      expect(standing).toMatchObject({ last_seq: 1, known_seq: 1, epoch: hub.epoch, storage: 'persistent', used_bytes: 3, quota_bytes: 9 });
      expect(standing.reads.map(({ feed, n }) => [feed, n])).toContainEqual(['zone', 2]);
    });
  });

  it('goes another way when WebSockets are blocked', async () => {
    const engine = await start(store, (events) => {
      queueMicrotask(() => { events.closed('timeout'); });
      return { kind: 'socket', send: () => undefined, close: () => undefined };
    });
    valueOf(await engine.enrol('CODE', '平板1'));
    valueOf(await engine.signIn('li', 'right'));
    await until(engine, async () => (await engine.reference()).items.length > 0);
    await takeIn(engine);
    await until(engine, async () => (await engine.cases({}))[0]?.tick === 3);
  });

  it('pushes with an expired session and says that a password is wanted', async () => {
    const engine = await atWork();
    hub.session = false;
    hub.cut();
    await whenStatus(engine, ({ sessionNeeded }) => sessionNeeded);
    await takeIn(engine);
    await whenStatus(engine, ({ unsent }) => unsent === 0);
  });

  it('shows the work of another tablet, and two values where both wrote', async () => {
    const engine = await atWork();
    const { caseId } = await takeIn(engine);
    await until(engine, async () => (await engine.cases({}))[0]?.tick === 3);
    hub.down = true;
    hub.cut();
    valueOf(await engine.edit(caseId, { businessScope: '餐饮、零售' }, []));
    const body = { fields: { businessScope: '食品' }, materials: [] };
    const event = encodeEvent({ type: 'case.edit', stream: fromHex(caseId), hlc: pack(hub.nowMs, 1), actor: hub.account, base: 3, seen: [], body });
    hub.enter(13, 1, event, ['point:HALL']);
    hub.down = false;
    await engine.syncNow();
    await until(engine, async () => (await engine.caseView(caseId))?.conflicts === 1);
    const holders = (await engine.caseView(caseId))?.fields['businessScope'];
    expect(holders?.map(({ value }) => value).sort()).toEqual(['食品', '餐饮、零售'].sort());
    expect((await engine.status()).attention).toBe(1);
  });
});

describe('at the tablet', () => {
  it('opens after a reload with the PIN and the line cut, with everything there', async () => {
    const first = await atWork();
    valueOf(await first.setPin(PIN));
    const { caseId } = await takeIn(first, '0a'.repeat(16));
    valueOf(await first.saveDraft(draft('0b'.repeat(16))));
    await whenStatus(first, ({ unsent }) => unsent === 0);
    await first.close();
    hub.down = true;
    const engine = await start();
    expect(await engine.status()).toMatchObject({ account: null, users: [{ name: '李受理', hasPin: true }] });
    expect([await engine.cases({}), (await engine.reference()).items]).toEqual([[], []]);
    const [user] = (await engine.status()).users;
    expect(await engine.unlock(user?.id ?? '', '000000')).toMatchObject({ ok: false, code: 'pin-wrong' });
    valueOf(await engine.unlock(user?.id ?? '', PIN));
    expect((await engine.cases({})).map(({ id, tick }) => [id, tick])).toEqual(expect.arrayContaining([[caseId, 3], ['0b'.repeat(16), 0]]));
    expect((await engine.reference()).items.length).toBe(1);
    await engine.lock();
    expect(await engine.cases({})).toEqual([]);
    expect(await engine.saveDraft(draft())).toMatchObject({ ok: false, code: 'locked' });
  });

  it('does not unlock after the grant, nor by setting the clock back', async () => {
    const first = await atWork();
    valueOf(await first.setPin(PIN));
    await first.close();
    const id = (await store.users())[0]?.id ?? '';
    const grantMs = 72 * 3_600_000;
    hub.nowMs += grantMs + 1;
    const engine = await start();
    expect(await engine.unlock(id, PIN)).toMatchObject({ code: 'unlock-expired' });
    await store.putHubTime(hub.nowMs, 0);
    hub.nowMs -= grantMs;
    expect(await engine.unlock(id, PIN)).toMatchObject({ code: 'unlock-expired' });
  });

  it('refuses weak PINs, and a PIN without a fresh sign-in', async () => {
    const engine = await atWork();
    for (const weak of ['1234', '111111', '123456', '654321', 'abcdef']) expect(await engine.setPin(weak)).toMatchObject({ code: 'pin-weak' });
    valueOf(await engine.setPin(PIN));
    expect(await engine.setPin(PIN)).toMatchObject({ code: 'sign-in-needed' });
  });

  it('says that nothing was saved when the storage fails, and keeps the draft', async () => {
    const engine = await atWork();
    valueOf(await engine.saveDraft(draft()));
    vi.spyOn(store, 'append').mockResolvedValueOnce({ ok: false, code: 'storage-full', detail: 'quota' });
    expect(await engine.receive(draft().id)).toEqual({ ok: false, code: 'storage-full' });
    expect(await engine.status()).toMatchObject({ storage: 'failing', problem: 'storage-full', unsent: 0 });
    expect(await engine.draft(draft().id)).toMatchObject({ ok: true });
    valueOf(await engine.receive(draft().id));
    expect((await engine.status()).storage).toBe('persistent');
  });

  it('notices a database that was set back behind what was saved', async () => {
    const engine = await atWork();
    valueOf(await engine.setPin(PIN));
    const id = (await engine.status()).account?.id ?? '';
    hub.down = true;
    hub.cut();
    await engine.lock();
    const kept: { lastSeq: number }[] = [];
    await engine.attach({ device: 12, lastSeq: 5, unsent: 5 }, (passport) => kept.push(passport));
    // Unlocking again does not make it forget what it knew.
    for (const _ of [1, 2]) {
      await engine.lock();
      valueOf(await engine.unlock(id, PIN));
      await whenStatus(engine, ({ problem }) => problem === 'storage-lost');
      valueOf(await engine.saveDraft(draft()));
      expect(await engine.receive(draft().id)).toMatchObject({ ok: false, code: 'storage-lost' });
      expect(await engine.draft(draft().id)).toMatchObject({ ok: true });
      expect(kept.at(-1)?.lastSeq).toBe(5);
    }
    // The hub says where the log ends: here.
    hub.down = false;
    await engine.syncNow();
    await whenStatus(engine, ({ reach }) => reach === 'hub');
    valueOf(await engine.receive(draft().id));
    await engine.status();
    expect(kept.at(-1)?.lastSeq).toBe(1);
  });

  it('does not blame a new device for what an older one had saved here', async () => {
    const engine = await start();
    await engine.attach({ device: 11, lastSeq: 5, unsent: 5 }, () => undefined);
    valueOf(await engine.enrol('CODE', '平板1'));
    valueOf(await engine.signIn('li', 'right'));
    await until(engine, async () => (await engine.reference()).items.length > 0);
    await takeIn(engine);
  });

  it('stays closed to writing while the hub holds more of the log', async () => {
    const engine = await atWork();
    valueOf(await engine.setPin(PIN));
    const id = (await engine.status()).account?.id ?? '';
    await takeIn(engine);
    await until(engine, async () => (await engine.cases({}))[0]?.tick === 3);
    const device = await store.findDevice();
    await engine.close();
    // The profile was set back: the same device without its log.
    const emptied = new MemoryStore();
    if (device !== null) await emptied.putDevice(device, await store.clock());
    for (const user of await store.users()) await emptied.putUser(user);
    const again = await start(emptied);
    const kept: { lastSeq: number }[] = [];
    await again.attach({ device: 12, lastSeq: 0, unsent: 0 }, (passport) => kept.push(passport));
    valueOf(await again.unlock(id, PIN));
    await until(again, async () => (await again.reference()).items.length > 0);
    await whenStatus(again, ({ problem }) => problem === 'storage-lost');
    expect(kept.at(-1)?.lastSeq).toBe(1);
    valueOf(await again.saveDraft(draft('bb'.repeat(16))));
    expect(await again.receive('bb'.repeat(16))).toMatchObject({ code: 'storage-lost' });
  });

  it('never writes over the draft of another person', async () => {
    const engine = await atWork();
    const theirs = { id: draft().id, owner: 'ee'.repeat(16), sealed: new Uint8Array(40), updatedMs: 1 };
    await store.putDraft(theirs);
    expect(await engine.saveDraft(draft())).toMatchObject({ ok: false, code: 'not-found' });
    expect(await engine.deleteDraft(draft().id)).toMatchObject({ ok: false });
    expect(await store.findDraft(draft().id)).toEqual(theirs);
  });

  it('takes a draft in once, however often it is tapped', async () => {
    const engine = await atWork();
    valueOf(await engine.saveDraft(draft()));
    const both = await Promise.all([engine.receive(draft().id), engine.receive(draft().id)]);
    expect(both.map((one) => (one.ok ? 'ok' : one.code)).sort()).toEqual(['not-found', 'ok']);
    await until(engine, async () => (await engine.cases({}))[0]?.tick === 3);
    expect(hub.logs.get(12)?.events.length).toBe(1);
    expect(await engine.saveDraft(draft())).toEqual({ ok: false, code: 'draft-received' });
    expect((await engine.status()).problem).toBeNull();
  });

  it('does not undo a PIN that another tab has set', async () => {
    const first = await atWork();
    const second = await start();
    await until(second, async () => (await second.status()).account !== null);
    valueOf(await second.signIn('li', 'right'));
    valueOf(await second.setPin(PIN));
    // The leading tab has its own, older copy of the row when the hub names other feeds.
    hub.readable = ['zone'];
    hub.cut();
    const id = (await second.status()).account?.id ?? '';
    await until(first, async () => (await store.findUser(id))?.feeds.join() === 'zone');
    expect((await store.findUser(id))?.wrapped).not.toBeNull();
  });
});

describe('photographs', () => {
  async function withPhotos(engine: Engine, ...photos: Bytes[]): Promise<string[]> {
    const materials = await photographed(engine, ...photos);
    await takeInDraft(engine, draft(draft().id, materials));
    return materials.flatMap((line) => line.photos.map(({ sha256 }) => sha256));
  }

  it('that the hub does not take hold up no others', async () => {
    const engine = await atWork();
    hub.uploads.refuses = (bytes) => bytes.length === 1;
    const [, second] = await withPhotos(engine, Uint8Array.of(1), Uint8Array.of(1, 2), Uint8Array.of(1, 2, 3));
    await until(engine, async () => (await engine.status()).unsentPhotos === 1);
    expect(hub.uploads.stored.size).toBe(2);
    expect(hub.uploads.stored.has(second ?? '')).toBe(true);
    await whenStatus(engine, ({ problem }) => problem === 'attachment-not-image');
    expect((await engine.cases({}))[0]?.tick).toBe(1);
    hub.uploads.refuses = () => false;
    await until(engine, async () => (await engine.cases({}))[0]?.tick === 3);
  });

  it('go up again to a hub that was restored without them', async () => {
    const engine = await atWork();
    await withPhotos(engine, Uint8Array.of(1, 2));
    await until(engine, async () => (await engine.cases({}))[0]?.tick === 3);
    hub.restore(12, 0);
    hub.uploads.stored.clear();
    hub.down = true;
    hub.cut();
    await whenStatus(engine, ({ reach }) => reach === 'none');
    hub.down = false;
    await engine.syncNow();
    await until(engine, async () => hub.uploads.stored.size === 1 && (await engine.cases({}))[0]?.tick === 3);
  });

  it('are not called sent by a hub with another epoch, even where it kept the events', async () => {
    const engine = await atWork();
    await withPhotos(engine, Uint8Array.of(1, 2));
    await until(engine, async () => (await engine.cases({}))[0]?.tick === 3);
    hub.uploads.refuses = () => true;
    hub.restore(12, 1);
    hub.uploads.stored.clear();
    hub.cut();
    await until(engine, async () => (await engine.cases({}))[0]?.tick === 1);
    expect((await engine.status()).unsentPhotos).toBe(1);
    hub.uploads.refuses = () => false;
    await until(engine, async () => (await engine.cases({}))[0]?.tick === 3);
  });
});

describe('every write', () => {
  const WRITES = ['putDraft', 'append', 'putUser', 'putPhoto', 'settle', 'putPage', 'putHubTime', 'putPhotoSent', 'deleteDraft'] as const;

  it.each(WRITES)('%s may fail once: it is said, nothing is lost, and the work goes on', async (name) => {
    const engine = await atWork();
    vi.spyOn(store, name).mockResolvedValueOnce({ ok: false, code: 'storage-failed', detail: 'disk' });
    const photos = [await engine.savePhoto(Uint8Array.of(1, 2, 3).buffer, 'image/jpeg'), await engine.savePhoto(Uint8Array.of(1, 2, 3).buffer, 'image/jpeg')];
    const photo = photos.find(({ ok }) => ok);
    const refs = photo?.ok === true ? [photo.value] : [];
    const one: Draft = { ...draft(), materials: [{ id: ITEM.materials[0]?.id ?? '', status: 'provided', photos: refs, note: '' }] };
    const saves = [await engine.saveDraft(one), await engine.saveDraft(one)];
    const receipts = [await engine.receive(one.id), await engine.receive(one.id)];
    // The second try of each works, unless the first did and there is nothing left to do.
    expect(saves.at(-1)).toMatchObject({ ok: true });
    expect(receipts.filter(({ ok }) => ok).length).toBe(1);
    await engine.syncNow();
    await until(engine, async () => (await engine.cases({}))[0]?.tick === 3);
    expect(hub.logs.get(12)?.events.length).toBe(1);
    expect(hub.uploads.stored.size).toBe(1);
    const failed = [...photos, ...saves, ...receipts].flatMap((result) => (result.ok ? [] : [result.code]));
    if (['putDraft', 'append', 'putPhoto'].includes(name)) expect(failed).toContain('storage-failed');
  });
});

describe('a tablet at which nobody is unlocked', () => {
  it('knows whether the hub answers', async () => {
    const engine = await start();
    expect((await engine.status()).reach).toBe('asking');
    valueOf(await engine.enrol('CODE', '平板1'));
    await whenStatus(engine, ({ reach }) => reach === 'hub');
    hub.down = true;
    await engine.syncNow();
    await whenStatus(engine, ({ reach }) => reach === 'none');
    hub.down = false;
    await engine.syncNow();
    await whenStatus(engine, ({ reach }) => reach === 'hub');
    hub.portal = true;
    await engine.syncNow();
    await whenStatus(engine, ({ reach }) => reach === 'none');
    hub.portal = false;
    await engine.syncNow();
    await whenStatus(engine, ({ reach }) => reach === 'hub');
  });
});

describe('tabs', () => {
  it('share keys and work; the line moves when the leading one closes', async () => {
    const first = await atWork();
    const second = await start();
    await until(second, async () => (await second.status()).account !== null);
    expect([(await first.status()).leader, (await second.status()).leader]).toEqual([true, false]);
    const one = await takeIn(second, '0a'.repeat(16));
    await until(second, async () => (await second.cases({}))[0]?.tick === 3);
    const two = await takeIn(first, '0b'.repeat(16));
    expect([one.receiptNo.slice(-6, -2), two.receiptNo.slice(-6, -2)]).toEqual(['0001', '0002']);
    await first.close();
    await whenStatus(second, ({ leader, reach }) => leader && reach === 'hub');
    await takeIn(second, '0c'.repeat(16));
    await until(second, async () => (await second.cases({ group: 'confirmed' })).length === 3);
    expect(hub.logs.get(12)?.events.length).toBe(3);
  });

  it('are told when something last came, also one that was not there', async () => {
    const first = await atWork();
    const cameMs = hub.nowMs;
    hub.nowMs += 60_000;
    hub.down = true;
    hub.cut();
    const second = await start();
    await until(second, async () => (await second.status()).account !== null);
    expect([(await first.status()).lastReceivedMs, (await second.status()).lastReceivedMs]).toEqual([cameMs, cameMs]);
  });

  it('hear nothing of the line from a leader that is gone', async () => {
    const engine = await atWork();
    hub.down = true;
    hub.cut();
    await whenStatus(engine, ({ reach }) => reach === 'none');
    for (const tab of profile.tabs) tab({ kind: 'line', place: 'hub', sessionNeeded: false, logEnd: null, pointSeq: 0, problem: null });
    expect((await engine.status()).reach).toBe('none');
  });

  it('lock together', async () => {
    const first = await atWork();
    const second = await start();
    await until(second, async () => (await second.status()).account !== null);
    const told: Change[] = [];
    await first.subscribe((change) => told.push(change));
    await second.lock();
    await whenStatus(first, ({ account }) => account === null);
    expect(told.map(({ kind }) => kind)).toContain('status');
  });
});
