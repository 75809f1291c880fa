// Generated from sync/errors.py by scripts/generate.py; change that, not this.

/** What the hub says of an event when it gives it a position. */
export const VERDICTS = [
  'ok',
  'malformed',
  'oversized',
  'unknown-type',
  'not-entitled',
  'device-revoked',
  'grant-expired',
  'catalogue-mismatch',
  'receipt-invalid',
  'act-incomplete',
  'clock-back',
] as const;
export type Verdict = (typeof VERDICTS)[number];

/** Why an event waits, durably, before it gets a position. */
export const PARKED = [
  'stream-missing',
  'cause-missing',
  'behind-parked',
] as const;
export type Parked = (typeof PARKED)[number];

/** Why an event that is in order had no effect in the state that it met. */
export const VOIDS = [
  'state',
  'correction-once',
  'extension-once',
  'licence-only',
  'instant-only',
  'own-review',
  'deferral-open',
  'no-deferral-open',
] as const;
export type Void = (typeof VOIDS)[number];

/** Why a message, not an event, was turned away. */
export const FAULTS = [
  'frame-malformed',
  'frame-oversized',
  'message-unknown',
  'message-unexpected',
  'protocol-version',
  'zone-unknown',
  'device-unknown',
  'signature-invalid',
  'chain-gap',
  'chain-fork',
  'push-oversized',
  'session-expired',
  'feed-not-entitled',
  'feed-ahead',
  'feed-hash',
  'clock-ahead',
  'report-invalid',
  'pass-invalid',
  'busy',
  'internal',
] as const;
export type Fault = (typeof FAULTS)[number];
