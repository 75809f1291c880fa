// MessagePack read as deep as a message goes: arrays of integers, text, bytes, booleans and nil. Anything else, above all
// the map that is an event's body, is passed over and stays bytes until somebody asks for it (msgspec.Raw in Python).
//
// Ten thousand events are read when a tablet starts. Text that is no UTF-8 is read as the platform's decoder reads it.

import type { Bytes } from './bytes';

/** A value that was passed over: its own MessagePack bytes, a view into what was read. */
export class Raw {
  constructor(readonly bytes: Uint8Array) {}
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Reads one value. Throws RangeError where the bytes end too early, go on after it, or are no MessagePack. */
export function readValue(bytes: Uint8Array): unknown {
  const reader = new Reader(bytes);
  const value = reader.value();
  if (reader.at !== bytes.length) throw new RangeError('bytes after the value');
  return value;
}

class Reader {
  at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  value(): unknown {
    const start = this.at;
    const tag = this.byte();
    if (tag < 0x80) return tag;
    if (tag >= 0x90 && tag < 0xa0) return this.array(tag & 0x0f);
    if (tag >= 0xa0 && tag < 0xc0) return this.text(tag & 0x1f);
    switch (tag) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return this.take(this.uint(1 << (tag - 0xc4)));
      case 0xcc:
      case 0xcd:
      case 0xce:
      case 0xcf:
        return this.uint(1 << (tag - 0xcc));
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.text(this.uint(1 << (tag - 0xd9)));
      case 0xdc:
      case 0xdd:
        return this.array(this.uint(2 << (tag - 0xdc)));
      default:
        this.at = start;
        this.pass();
        return new Raw(this.bytes.subarray(start, this.at));
    }
  }

  private array(count: number): unknown[] {
    const items: unknown[] = [];
    for (let i = 0; i < count; i += 1) items.push(this.value());
    return items;
  }

  private text(size: number): string {
    const start = this.at;
    const bytes = this.take(size);
    // Names and codes; what is longer or not ASCII is the platform's to decode.
    if (size > 32) return decoder.decode(bytes);
    let text = '';
    for (let i = start; i < this.at; i += 1) {
      const unit = this.bytes[i] ?? 0;
      if (unit > 0x7f) return decoder.decode(bytes);
      text += String.fromCharCode(unit);
    }
    return text;
  }

  /** Goes past one value, however deep, and looks at no more of it than its length. */
  private pass(): void {
    for (let due = 1; due > 0; due -= 1) {
      const tag = this.byte();
      if (tag < 0x80 || tag >= 0xe0) continue;
      if (tag < 0x90) due += 2 * (tag & 0x0f);
      else if (tag < 0xa0) due += tag & 0x0f;
      else if (tag < 0xc0) this.skip(tag & 0x1f);
      else if (tag === 0xc1) throw new RangeError('no MessagePack');
      else if (tag < 0xc4) continue;
      else if (tag < 0xc7) this.skip(this.uint(1 << (tag - 0xc4)));
      else if (tag < 0xca) this.skip(this.uint(1 << (tag - 0xc7)) + 1);
      else if (tag < 0xcc) this.skip(4 << (tag - 0xca));
      else if (tag < 0xd0) this.skip(1 << (tag - 0xcc));
      else if (tag < 0xd4) this.skip(1 << (tag - 0xd0));
      else if (tag < 0xd9) this.skip((1 << (tag - 0xd4)) + 1);
      else if (tag < 0xdc) this.skip(this.uint(1 << (tag - 0xd9)));
      else if (tag < 0xde) due += this.uint(2 << (tag - 0xdc));
      else due += 2 * this.uint(2 << (tag - 0xde));
    }
  }

  /** A big-endian integer of so many bytes. Past 2^53 it is no safe integer, which every shape refuses. */
  private uint(size: number): number {
    let value = 0;
    for (let i = 0; i < size; i += 1) value = value * 0x100 + this.byte();
    return value;
  }

  private byte(): number {
    const byte = this.bytes[this.at];
    if (byte === undefined) throw new RangeError('the bytes end too early');
    this.at += 1;
    return byte;
  }

  private take(size: number): Bytes {
    const start = this.at;
    this.skip(size);
    return this.bytes.subarray(start, this.at) as Bytes;
  }

  private skip(size: number): void {
    this.at += size;
    if (this.at > this.bytes.length) throw new RangeError('the bytes end too early');
  }
}
