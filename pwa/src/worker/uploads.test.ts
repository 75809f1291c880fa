// Photographs behind an engine: they wait for events, go on where they were, and hold up nothing.

import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import type { Bytes } from '../sync/bytes';
import type { Engine } from './engine';
import type { FakeHub } from './testing/hub';
import { draft, photographed, Profile, takeIn as takeInDraft, until } from './testing/profile';
import { PATIENCE_MS } from './uploads';

let profile: Profile;
let hub: FakeHub;

const atWork = (): Promise<Engine> => profile.atWork();

function photo(size: number): Bytes {
  return Uint8Array.from({ length: size }, (_, i) => (i * 31 + size) % 251);
}

async function takeIn(engine: Engine, id: string, ...photos: Bytes[]): Promise<void> {
  await takeInDraft(engine, draft(id.repeat(16), photos.length === 0 ? [] : await photographed(engine, ...photos)));
}

const pieces = (): number[] => hub.uploads.heard.filter(({ method }) => method === 'PATCH').map(({ bytes }) => bytes);
const sum = (bytes: number[]): number => bytes.reduce((a, b) => a + b, 0);
const allSent = (engine: Engine): Promise<void> => until(engine, async () => (await engine.status()).unsent === 0);
const progress = async (engine: Engine): Promise<number> => (await engine.outbox()).find(({ type }) => type === 'photo')?.progress ?? 0;

/** Acknowledgements of everything after the first event are lost until they are let through. */
function loseAcks(): () => void {
  hub.fate = (way, message) => (way === 'down' && message.type === 'ack' && message.seq > 1 ? 'lose' : 'pass');
  return () => {
    hub.fate = () => 'pass';
  };
}

beforeEach(async () => {
  profile = await Profile.make();
  ({ hub } = profile);
  vi.stubGlobal('fetch', hub.fetch);
});

afterEach(async () => {
  await profile.close();
  vi.unstubAllGlobals();
});

it('pauses between two pieces while an event waits, and goes on when it is acknowledged', async () => {
  const engine = await atWork();
  const letAcksThrough = loseAcks();
  let once = true;
  hub.uploads.keeps = async () => {
    if (once) {
      once = false;
      await takeIn(engine, '0b');
    }
  };
  const bytes = photo(200_000);
  await takeIn(engine, '0a', bytes);
  await until(engine, async () => (await progress(engine)) > 0);
  // The next piece was decided on in the moment that the progress of this one was told.
  expect(pieces()).toEqual([32_768]);
  expect(await progress(engine)).toBeCloseTo(32_768 / 200_000);
  letAcksThrough();
  hub.cut();
  await allSent(engine);
  expect(sum(pieces())).toBe(bytes.length);
});

it('does not wait for ever for a hub that acknowledges nothing', async () => {
  const engine = await atWork();
  loseAcks();
  await takeIn(engine, '0a');
  await allSent(engine);
  await takeIn(engine, '0b', photo(50_000));
  expect((await engine.status()).unsentPhotos).toBe(1);
  expect(pieces()).toEqual([]);
  hub.nowMs += PATIENCE_MS;
  await engine.syncNow();
  await until(engine, async () => (await engine.status()).unsentPhotos === 0);
  expect((await engine.status()).unsent).toBe(1);
});

it('goes on at the byte when the line breaks within a piece', async () => {
  const engine = await atWork();
  let breaks = 3;
  hub.uploads.breaksAfter = () => {
    breaks -= 1;
    return breaks >= 0 ? 1_000 : null;
  };
  await takeIn(engine, '0a', photo(100_000));
  await allSent(engine);
  expect(pieces().slice(0, 3)).toEqual([1_000, 1_000, 1_000]);
  expect(sum(pieces())).toBe(100_000);
});

it('goes on after a reload', async () => {
  const first = await atWork();
  hub.uploads.breaksAfter = () => {
    hub.down = true;
    return 20_000;
  };
  await takeIn(first, '0a', photo(100_000));
  await until(first, async () => (await first.status()).problem !== null || hub.down);
  await first.close();
  hub.uploads.breaksAfter = () => null;
  hub.down = false;
  const second = await atWork();
  await allSent(second);
  expect(sum(pieces())).toBe(100_000);
  expect((await second.cases({}))[0]?.tick).toBe(3);
});

it('sends small ones first', async () => {
  const engine = await atWork();
  await takeIn(engine, '0a', photo(90_000), photo(20_000), photo(60_000));
  await allSent(engine);
  expect([...hub.uploads.stored.values()].map(({ length }) => length)).toEqual([20_000, 60_000, 90_000]);
});
