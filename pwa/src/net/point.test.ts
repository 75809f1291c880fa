// What both languages must answer of a point's relay: the vectors of sync/vectors/point.json against these twins.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

import { fromHex, toHex } from '../sync/bytes';
import { foldLinks } from '../sync/chain';
import { takeHeard } from '../sync/heard';
import { decodeHubMessage, encodeMessage } from '../sync/messages';
import { PointSession } from '../sync/pointSession';
import type { SessionEffect } from '../sync/session';
import { fitsLog, isGenuineAtPoint } from './portal';
import { importPublicKey, verify } from './sign';

interface Step {
  do: 'receive' | 'pushed' | 'appended' | 'distrust' | 'relisten';
  with: string | number;
  then: unknown[];
}
interface Vectors {
  zone: string;
  hub_key: string;
  relay_key: string;
  colleague_key: string;
  device: number;
  relay: number;
  epoch: number;
  colleague: number;
  nonce: string;
  events: string[];
  sessions: { shows: string; acked: number; present: [string, string] | null; log_start: string; journal: [string, number]; mark: number; cursor: [string, number, string]; steps: Step[] }[];
  heard: { shows: string; items: string[]; then: unknown[] }[];
}

const path = fileURLToPath(new URL('../../../sync/vectors/point.json', import.meta.url));
const vectors = JSON.parse(readFileSync(path, 'utf8')) as Vectors;
const zone = fromHex(vectors.zone);
const { device, relay, epoch } = vectors;
const HUB_MS = 1_795_400_000_123;

function plain(effect: SessionEffect): unknown[] {
  switch (effect.kind) {
    case 'send':
      return ['send', toHex(encodeMessage(effect.message))];
    case 'push':
      return ['push', effect.firstSeq];
    case 'settle':
      return ['settle', effect.seq, effect.runs.map((run) => [run.first_seq, run.count, run.position, run.hub_ms, run.code])];
    case 'at-point':
      return ['at-point', effect.seq];
    case 'page':
      return ['page', effect.page.feed, effect.page.after];
    case 'heard':
      return ['heard', effect.heard.n];
    case 'epoch':
      return ['epoch', effect.epoch];
    case 'problem':
      return ['problem', effect.code, effect.detail];
    case 'close':
      return ['close', effect.code];
    case 'forget':
    case 'recount':
    case 'rewind':
    case 'withdraw':
    case 'reopen':
      throw new Error(`a relay brings no ${effect.kind}`);
    case 'report':
    case 'greeted':
      return [effect.kind];
  }
}

describe('a connection to a relay', () => {
  it.each(vectors.sessions)('$shows', async ({ acked, present, log_start, journal, mark, cursor, steps }) => {
    const links = [fromHex(log_start), ...foldLinks(fromHex(log_start), vectors.events.map(fromHex))];
    const linkAt = (seq: number): ReturnType<typeof fromHex> | null => links[seq] ?? null;
    const start = {
      device,
      lastSeq: vectors.events.length,
      ackedSeq: acked,
      epoch,
      cursors: [{ feed: cursor[0], n: cursor[1], hash: fromHex(cursor[2]) }],
      linkAt,
      nowMs: HUB_MS,
    };
    const pass = present === null ? null : ({ type: 'present', content: fromHex(present[0]), signature: fromHex(present[1]) } as const);
    const feeds = present === null ? [] : ['zone', 'point:HALL'];
    const session = new PointSession(start, { present: pass, feeds, journal: fromHex(journal[0]), n: journal[1], mark });
    const trust = { zone, device, hubKey: await importPublicKey(fromHex(vectors.hub_key)) };
    const relayTrust = { number: relay, key: await importPublicKey(fromHex(vectors.relay_key)) };
    const receive = async (hex: string, nowMs: number): Promise<SessionEffect[]> => {
      const message = decodeHubMessage(fromHex(hex));
      const genuine = (await isGenuineAtPoint(message, trust, relayTrust, fromHex(vectors.nonce))) && fitsLog(message, linkAt);
      return genuine ? session.receive(message, nowMs) : [{ kind: 'close', code: 'not-the-hub' }];
    };
    for (const [at, step] of steps.entries()) {
      const nowMs = HUB_MS + at;
      const perform: Record<Step['do'], () => SessionEffect[] | Promise<SessionEffect[]>> = {
        receive: () => receive(String(step.with), nowMs),
        pushed: () => session.pushed(Number(step.with), nowMs),
        appended: () => session.appended(Number(step.with)),
        distrust: () => session.distrust(String(step.with)),
        relisten: () => session.relisten(),
      };
      expect([at, (await perform[step.do]()).map(plain)]).toEqual([at, step.then]);
    }
  });
});

describe("a part of a relay's journal", () => {
  it.each(vectors.heard)('$shows', async ({ items, then }) => {
    const hubKey = await importPublicKey(fromHex(vectors.hub_key));
    const said = await takeHeard(
      { type: 'heard', journal: new Uint8Array(16), after: 17, n: 19, items: items.map(fromHex) },
      {
        zone,
        epoch,
        keyOf: (number) => (number === vectors.colleague ? fromHex(vectors.colleague_key) : null),
        verify: async (key, statement, signature) => verify(await importPublicKey(key), signature, statement),
        isHubs: (statement, signature) => verify(hubKey, signature, statement),
      },
    );
    const got =
      said.kind === 'forged'
        ? ['forged', said.place]
        : ['taken', said.entries.map(([, author, seq, , event]) => [author, seq, toHex(event)]), said.refused, said.unknown];
    expect(got).toEqual(then);
  });
});
