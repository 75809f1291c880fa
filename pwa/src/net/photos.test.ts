// Uploading a photograph against a hub in memory: it resumes at the byte, and believes nobody's word but the hub's.

import { beforeEach, describe, expect, it } from 'vitest';

import { toBase64Url, toHex, type Bytes } from '../sync/bytes';
import { attachmentStoredStatement, digest } from '../sync/chain';
import { FakePhotos } from '../worker/testing/photos';
import { nextPieceBytes, uploadPhoto, type Courier, type Pace } from './photos';
import { makeDeviceKey, importPublicKey, sign } from './sign';

const zone = new Uint8Array(16).fill(7);
const PHOTO = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 31 + (i >> 8)) % 251);

let photos: FakePhotos;
let courier: Courier;
let epoch: number;
let received: number[];
let answer: (path: string, init: RequestInit) => Promise<Response>;
let pace: Pace;

beforeEach(async () => {
  const hub = await makeDeviceKey();
  const device = await makeDeviceKey();
  photos = new FakePhotos((sha256, size) => sign(hub.privateKey, attachmentStoredStatement(zone, 1, sha256, size)));
  epoch = 1;
  courier = { hub: { origin: 'http://hub.test' }, hubKey: await importPublicKey(hub.publicKey), epoch: () => epoch, signer: { zone, device: 12, privateKey: device.privateKey } };
  received = [];
  let nowMs = 0;
  // Each piece seems to take 100 ms.
  pace = { now: () => (nowMs += 100), mayGoOn: () => true, received: (bytes) => received.push(bytes) };
  answer = (path, init) => photos.answer(path, init);
  globalThis.fetch = (url, init) => answer(new URL(String(url)).pathname, init ?? {});
});

const upload = (bytes: Bytes = PHOTO) => uploadPhoto(courier, bytes, pace);
const sentBytes = () => photos.heard.reduce((sum, { bytes }) => sum + bytes, 0);
const portal = () => Promise.resolve(new Response('<html>', { headers: { 'content-type': 'text/html' } }));

describe('an upload', () => {
  it('goes up in pieces and ends with the signature of the hub', async () => {
    expect(await upload()).toEqual({ ok: true, value: null });
    expect(photos.stored.get(toHex(digest(PHOTO)))).toEqual(PHOTO);
    expect(received).toEqual([0, 32_768, 98_304]);
    expect(sentBytes()).toBe(PHOTO.length);
  });

  it('sends nothing of a photograph that is there', async () => {
    await upload();
    photos.heard.length = 0;
    expect(await upload()).toMatchObject({ ok: true });
    expect(photos.heard).toEqual([{ method: 'POST', bytes: 0 }]);
  });

  it('goes on at the byte after a line that broke within a piece', async () => {
    photos.breaksAfter = (piece) => (piece.length > 40_000 ? 12_345 : null);
    expect(await upload()).toEqual({ ok: false, code: 'offline' });
    photos.breaksAfter = () => null;
    expect(await upload()).toMatchObject({ ok: true });
    expect(received.slice(2)[0]).toBe(32_768 + 12_345);
    expect(sentBytes()).toBe(PHOTO.length);
  });

  it('asks where to go on when it is elsewhere than the hub', async () => {
    let once = true;
    photos.keeps = () => {
      const [begun] = photos.begun.values();
      if (once && begun !== undefined) begun.kept = PHOTO.slice(0, 50_000);
      once = false;
      return Promise.resolve();
    };
    answer = async (path, init) => {
      const response = await photos.answer(path, init);
      // As after an answer that was lost: the caller believes to be further back.
      if (response.headers.get('Upload-Offset') === '50000' && init.method === 'PATCH') response.headers.set('Upload-Offset', '40000');
      return response;
    };
    expect(await upload()).toMatchObject({ ok: true });
    expect(photos.stored.get(toHex(digest(PHOTO)))).toEqual(PHOTO);
  });

  it('begins anew what the hub has forgotten, but not for ever', async () => {
    let forgotten = 0;
    photos.keeps = () => {
      if (forgotten < 1) photos.begun.clear();
      forgotten += 1;
      return Promise.resolve();
    };
    expect(await upload()).toMatchObject({ ok: true });
    photos.stored.clear();
    photos.keeps = () => {
      photos.begun.clear();
      return Promise.resolve();
    };
    expect(await upload()).toMatchObject({ ok: false });
  });

  it('stops between two pieces when something else goes first', async () => {
    pace.mayGoOn = () => received.length < 2;
    expect(await upload()).toEqual({ ok: false, code: 'paused' });
    expect(sentBytes()).toBe(32_768);
    pace.mayGoOn = () => true;
    expect(await upload()).toMatchObject({ ok: true });
    expect(sentBytes()).toBe(PHOTO.length);
  });

  it('is told why when the hub does not take it', async () => {
    photos.refuses = () => true;
    expect(await upload()).toEqual({ ok: false, code: 'attachment-not-image', params: {} });
  });
});

describe('who is not the hub', () => {
  const not = { ok: false, code: 'not-the-hub' };

  it('answers with a page', async () => {
    answer = portal;
    expect(await upload()).toEqual(not);
    answer = (path, init) => (init.method === 'POST' ? photos.answer(path, init) : portal());
    expect(await upload()).toEqual(not);
  });

  it('says stored without its signature', async () => {
    const other = await makeDeviceKey();
    const signature = await sign(other.privateKey, attachmentStoredStatement(zone, 1, digest(PHOTO), PHOTO.length));
    const headers = { Location: '/api/uploads/12-x', 'Upload-Offset': String(PHOTO.length) };
    for (const forged of [toBase64Url(signature), 'AAAA', '!']) {
      answer = () => Promise.resolve(new Response(null, { status: 201, headers: { ...headers, 'Zc-Stored': forged } }));
      expect(await upload()).toEqual(not);
    }
  });

  it('says complete and signs nothing, or never goes on', async () => {
    for (const offset of [PHOTO.length, 0]) {
      const headers = { Location: '/api/uploads/12-x', 'Upload-Offset': String(offset) };
      answer = () => Promise.resolve(new Response(null, { status: 201, headers }));
      expect(await upload()).toEqual(not);
    }
  });

  it('sends elsewhere', async () => {
    const headers = { Location: 'https://evil.example/x', 'Upload-Offset': '0' };
    answer = () => Promise.resolve(new Response(null, { status: 201, headers }));
    expect(await upload()).toEqual(not);
  });
});

describe('a piece', () => {
  it('grows on a quick line and shrinks on a slow one, by no more than half', () => {
    expect(nextPieceBytes(32_768, 100)).toBe(65_536);
    expect(nextPieceBytes(65_536, 7_000)).toBe(32_768);
    expect(nextPieceBytes(100_000, 700)).toBe(100_000);
    expect(nextPieceBytes(100_000, 1_000)).toBe(70_000);
    expect(nextPieceBytes(524_288, 0)).toBe(524_288);
    expect(nextPieceBytes(16_384, 60_000)).toBe(16_384);
  });

  it('settles where it takes as long as a person would wait', () => {
    const line = (bytes: number): number => 200 + bytes / 250; // 200 ms there and back, 2 Mbit/s
    let bytes = 32_768;
    for (let i = 0; i < 20; i += 1) bytes = nextPieceBytes(bytes, line(bytes));
    expect(Math.round(line(bytes))).toBeGreaterThan(650);
    expect(Math.round(line(bytes))).toBeLessThan(750);
  });
});
