// Shapes: what a decoded MessagePack value must look like before anything believes it.
//
// Each mirrors what msgspec asks in sync/event.py and sync/messages.py: unknown keys and further array elements are
// ignored, a missing key takes its default, text is measured in characters (code points) and not in UTF-16 units.

import type { Bytes } from './bytes';

/** The value has not the shape; `where` names the innermost place in words: whole paths would be made for every good value. */
export class ShapeError extends Error {
  constructor(where: string) {
    super(where);
    this.name = 'ShapeError';
  }
}

/** Reads an unknown value as a T, or throws ShapeError. */
export type Shape<T> = (value: unknown, where: string) => T;

/** A key of a map with its shape and, where it may be left out, what stands for it. */
export interface Member<T> {
  shape: Shape<T>;
  fallback?: () => T;
}

export function uint(value: unknown, where: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw new ShapeError(`${where}: no uint`);
  return value;
}

export function bool(value: unknown, where: string): boolean {
  if (typeof value !== 'boolean') throw new ShapeError(`${where}: no bool`);
  return value;
}

export function anything(value: unknown): unknown {
  return value;
}

export function text(charsMax = Infinity, pattern?: RegExp): Shape<string> {
  return (value, where) => {
    if (typeof value !== 'string') throw new ShapeError(`${where}: no text`);
    // A text has never more characters than UTF-16 units, so the slow count is rarely needed.
    if (value.length > charsMax && [...value].length > charsMax) throw new ShapeError(`${where}: too long`);
    if (pattern !== undefined && !pattern.test(value)) throw new ShapeError(`${where}: not as written`);
    return value;
  };
}

/** Bytes of any length, of exactly `size`, or of 0 to `sizeMax`. */
export function bytes(size?: number, sizeMin = size ?? 0): Shape<Bytes> {
  return (value, where) => {
    if (!(value instanceof Uint8Array)) throw new ShapeError(`${where}: no bytes`);
    if (size !== undefined && (value.length > size || value.length < sizeMin)) throw new ShapeError(`${where}: size`);
    return value as Bytes;
  };
}

export function list<T>(of: Shape<T>, countMax = Infinity): Shape<T[]> {
  return (value, where) => {
    if (!Array.isArray(value) || value.length > countMax) throw new ShapeError(`${where}: no list`);
    return value.map((item: unknown) => of(item, where));
  };
}

/** An array of exactly these elements. */
export function tuple<T extends unknown[]>(...of: { [I in keyof T]: Shape<T[I]> }): Shape<T> {
  return (value, where) => {
    if (!Array.isArray(value) || value.length !== of.length) throw new ShapeError(`${where}: no tuple`);
    return of.map((shape, i) => shape(value[i], where)) as T;
  };
}

export function nullable<T>(of: Shape<T>): Shape<T | null> {
  return (value, where) => (value === null || value === undefined ? null : of(value, where));
}

/** An A where `isA` says so, else a B. */
export function either<A, B>(a: Shape<A>, isA: (value: unknown) => boolean, b: Shape<B>): Shape<A | B> {
  return (value, where) => (isA(value) ? a(value, where) : b(value, where));
}

/** A map with text keys of one kind, as an object without a prototype. */
export function record<T>(of: Shape<T>, keyShape: Shape<string>, countMax = Infinity): Shape<Record<string, T>> {
  return (value, where) => {
    const source = plainMap(value, where);
    const keys = Object.keys(source);
    if (keys.length > countMax) throw new ShapeError(`${where}: too many`);
    const out = Object.create(null) as Record<string, T>;
    for (const name of keys) out[keyShape(name, where)] = of(source[name], name);
    return out;
  };
}

/** A map with the members named; others are ignored. */
export function struct<T>(members: { [K in keyof T]-?: Member<T[K]> }): Shape<T> {
  const entries = Object.entries(members) as [keyof T & string, Member<T[keyof T]>][];
  return (value, where) => {
    const source = plainMap(value, where);
    const out: Record<string, unknown> = {};
    for (const [name, { shape, fallback }] of entries) {
      if (Object.hasOwn(source, name)) out[name] = shape(source[name], name);
      else if (fallback !== undefined) out[name] = fallback();
      else throw new ShapeError(`${where}.${name}: missing`);
    }
    return out as T;
  };
}

/** An array whose elements are the members named, in order; further elements are ignored. */
export function row<T>(members: { [K in keyof T]-?: Shape<T[K]> }): Shape<T> {
  const entries = Object.entries(members) as [keyof T & string, Shape<T[keyof T]>][];
  return (value, where) => {
    if (!Array.isArray(value) || value.length < entries.length) throw new ShapeError(`${where}: too short`);
    const out: Record<string, unknown> = {};
    entries.forEach(([name, shape], i) => {
      out[name] = shape(value[i], name);
    });
    return out as T;
  };
}

function plainMap(value: unknown, where: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Uint8Array) {
    throw new ShapeError(`${where}: no map`);
  }
  // A decoder's mark for a key that is no text (codec.ts).
  if (Object.getOwnPropertySymbols(value).length > 0) throw new ShapeError(`${where}: a key is no text`);
  return value as Record<string, unknown>;
}

/** A member that must be there. */
export function must<T>(shape: Shape<T>): Member<T> {
  return { shape };
}

/** A member that may be left out. */
export function may<T>(shape: Shape<T>, fallback: () => T): Member<T> {
  return { shape, fallback };
}
