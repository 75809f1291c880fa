// What a tablet asks a relay for, and what it does not when it is out of service.

import { expect, it } from 'vitest';

import { MemoryStore } from '../store/memory';
import { Point } from './point';
import { sit } from './testing/core';

it('presents no pass and asks for no feed once the device is out of service', async () => {
  const core = await sit(new MemoryStore(), { id: 'aa', key: 1 });
  const { unlocked } = core;
  if (unlocked === null) throw new Error('nobody is unlocked');
  unlocked.user = { ...unlocked.user, feeds: ['zone', 'point:HALL'], pass: { content: new Uint8Array(4), signature: new Uint8Array(64) } };
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
  const publicKey = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
  const relays = [{ number: 9, address: 'http://relay.test', publicKey }];
  const row = { number: 12, name: '', kind: 'tablet' as const, point: { id: 'HALL', name: '' }, zone: new Uint8Array(16), publicKey, privateKey: pair.privateKey, hubKey: publicKey, epoch: 0, relays };
  const unreachable = (): never => {
    throw new Error('nothing is opened here');
  };
  const point = new Point(core, unlocked, row, pair.publicKey, unreachable, () => undefined, () => undefined);
  core.device = row;
  expect(await point.relay(0)).toMatchObject({ feeds: ['zone', 'point:HALL'], present: { type: 'present' } });
  core.device = { ...row, revokedMs: 7 };
  expect(await point.relay(0)).toMatchObject({ feeds: [], present: null });
});
