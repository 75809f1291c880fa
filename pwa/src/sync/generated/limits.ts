// Generated from sync/limits.py by scripts/generate.py; change that, not this.

export const PROTOCOL_VERSION = 1;
export const PROTOCOL_VERSION_MIN = 1;
export const EVENT_VERSION = 1;
export const EVENT_BYTES_MAX = 65_536;
export const EVENT_SEEN_COUNT_MAX = 256;
export const FIELD_COUNT_MAX = 128;
export const FIELD_CHARS_MAX = 4000;
export const MATERIAL_COUNT_MAX = 64;
export const MATERIAL_PHOTO_COUNT_MAX = 20;
export const PUSH_EVENTS_MAX = 1000;
export const PAGE_ENTRIES_MAX = 1000;
export const PAGE_BYTES_MAX = 1_048_576;
export const FRAME_BYTES_MAX = 2_097_152;
export const FRAME_INFLATED_BYTES_MAX = 8_388_608;
export const FRAME_DEFLATE_BYTES_MIN = 512;
export const CLOCK_AHEAD_MS_MAX = 300_000;
export const GRANT_MS = 259_200_000;
export const ENROLMENT_CODE_MS = 600_000;
export const ATTACHMENT_BYTES_MAX = 2_097_152;
export const ATTACHMENT_PIXELS_MAX = 40_000_000;
export const HEARTBEAT_INTERVAL_MS = 10_000;
export const HEARTBEAT_TIMEOUT_MS = 25_000;
export const REQUEST_TIMEOUT_MS = 15_000;
export const BACKOFF_MS_BASE = 500;
export const BACKOFF_MS_MAX = 60_000;
export const POLL_INTERVAL_MS = 4000;
