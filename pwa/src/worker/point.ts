// The way by the point: which relay, with which pass, and what becomes of what only a relay says.

import { Lookout } from '../net/lookout';
import type { Detour, PointEnd } from '../net/line';
import { importPublicKey, verify } from '../net/sign';
import { openSocket, type MakeSocket } from '../net/socket';
import type { DeviceRow, RelayRow } from '../store/port';
import { takeHeard } from '../sync/heard';
import type { Heard } from '../sync/messages';
import type { Changed } from '../sync/replica';
import type { Core, Unlocked } from './core';

const UPGRADE_TIMEOUT_MS = 4_000;
/** What a person is told of a relay; that it is behind or denies is no news: the work waits as before. */
const TOLD = new Set(['log-behind', 'chain-fork', 'pass-invalid', 'internal']);

export type MakeSocketAt = (url: string) => ReturnType<MakeSocket>;

export class Point implements Detour {
  private lookout: Lookout | null = null;

  constructor(
    private readonly core: Core,
    private readonly unlocked: Unlocked,
    private readonly row: DeviceRow,
    private readonly hubKey: CryptoKey,
    private readonly makeSocket: MakeSocketAt,
    private readonly problem: (code: string, detail: string) => void,
    private readonly moved: () => void,
  ) {}

  async relay(attempt: number): Promise<PointEnd | null> {
    const { user, tablet } = this.unlocked;
    const known = this.relays();
    const relay = known[attempt % known.length];
    if (relay === undefined) return null;
    const { content, signature } = user.pass ?? {};
    // A relay may not have heard yet that this device is out of service, and would serve it what it has dropped.
    const { revoked } = this.core;
    const present = revoked || content === undefined || signature === undefined ? null : ({ type: 'present', content, signature } as const);
    const point = `point:${this.row.point.id}`;
    return {
      number: relay.number,
      key: await importPublicKey(relay.publicKey),
      present,
      feeds: revoked ? [] : user.feeds.filter((feed) => feed === 'zone' || feed === point),
      ...tablet.neighbours.heardTo(relay.number),
      mark: this.core.pointSeq,
      open: openSocket(() => this.makeSocket(`${relay.address.replace(/^http/, 'ws')}/sync/ws`), UPGRADE_TIMEOUT_MS),
      met: () => this.met(relay.number),
      stored: (seq) => this.stored(seq),
      hear: (heard, epoch) => this.hear(heard, epoch, relay.number),
      hubSpoke: () => {
        this.nudge();
      },
      problem: (code, detail) => {
        if (TOLD.has(code)) this.problem(code, detail);
      },
    };
  }

  lookOut(seen: () => void): () => void {
    const { surface } = this.core;
    const lookout = new Lookout(surface.hub, surface.random, (reached) => {
      if (reached) seen();
    });
    this.lookout = lookout;
    return () => {
      lookout.stop();
      this.lookout = null;
    };
  }

  nudge(): void {
    this.lookout?.nudge();
  }

  /** The newest first: it has replaced the others. As the zone's feed names them, before that as the enrolment did. */
  private relays(): RelayRow[] {
    const { replica } = this.unlocked.tablet;
    if (replica.devices.size === 0) return [...(this.row.relays ?? [])].reverse();
    const here = [...replica.devices.values()].filter(
      ({ number, kind, point, address }) => kind === 'relay' && point === this.row.point.id && address !== '' && replica.inService(number) !== null,
    );
    return here.map(({ number, address, public_key: publicKey }) => ({ number, address, publicKey })).sort((a, b) => b.number - a.number);
  }

  private async stored(seq: number): Promise<void> {
    if (seq === this.core.pointSeq) return;
    await this.core.keepPointSeq(seq);
    this.moved();
    this.core.stored([{ kind: 'cases', ids: [] }, { kind: 'status' }]);
  }

  private async met(relay: number): Promise<void> {
    const { tablet } = this.unlocked;
    this.tell(await tablet.inTurn(() => tablet.neighbours.meet(relay, tablet.replica)));
  }

  private tell({ cases }: Changed): void {
    if (cases.size > 0) this.core.stored([{ kind: 'cases', ids: [...cases] }, { kind: 'status' }]);
  }

  private async hear(heard: Heard, epoch: number, relay: number): Promise<{ unknown: boolean } | null> {
    const { tablet } = this.unlocked;
    const said = await takeHeard(heard, {
      zone: this.row.zone,
      epoch,
      keyOf: (device) => tablet.replica.inService(device)?.public_key ?? null,
      verify: async (key, statement, signature) => verify(await importPublicKey(key), signature, statement),
      isHubs: (statement, signature) => verify(this.hubKey, signature, statement),
    });
    if (said.kind === 'forged') return null;
    const unknown = said.unknown.length > 0;
    const { journal, n, entries, refused } = said;
    const part = { relay, journal, n, entries, refused };
    this.tell(await tablet.inTurn(() => tablet.neighbours.keep(part, !unknown, tablet.replica, tablet.now())));
    return { unknown };
  }
}
