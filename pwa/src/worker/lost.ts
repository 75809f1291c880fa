// A hub that was restored from a backup of before this tablet's enrolment: it is shown what it signed then, and knows the tablet again.

import { enrolAgain } from '../net/hub';
import { importPublicKey, verify } from '../net/sign';
import { enrolmentStatement, type Signed } from '../sync/chain';
import type { DeviceRow } from '../store/port';
import type { Core } from './core';

/** What this device keeps of its enrolments with one more; `signed` null, or not the hub's: a hub of before. */
export async function withEnrolment({ zone, hubKey }: DeviceRow, kept: readonly Signed[], signed: Signed | null): Promise<readonly Signed[]> {
  if (signed === null) return [];
  const ok = await verify(await importPublicKey(hubKey), signed.signature, enrolmentStatement(zone, signed.content));
  return ok ? [...kept, signed] : [];
}

/** What a device that was enrolled by an earlier version is told at its next sign-in. */
export async function keepEnrolment(core: Core, device: DeviceRow, signed: Signed | null): Promise<void> {
  if ((device.enrolments ?? []).length > 0) return;
  const enrolments = await withEnrolment(device, [], signed);
  if (enrolments.length === 0 || !core.resultOf(await core.store.putEnrolments(enrolments)).ok) return;
  core.device = { ...device, enrolments };
}

/** Whether the hub, which said that it knows no such device, knows it now. */
export async function comeBack(core: Core): Promise<boolean> {
  const enrolments = core.device?.enrolments ?? [];
  if (enrolments.length === 0) return false;
  return (await enrolAgain(core.surface.hub, enrolments)).ok;
}
