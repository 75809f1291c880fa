// The photographs of the hub in memory: tus 1.0 as docs/protocol.md says, on a line that can break within a piece.

import { fromHex, toBase64Url, toHex, type Bytes } from '../../sync/bytes';
import { digest } from '../../sync/chain';

interface Upload {
  size: number;
  kept: Bytes;
}

const TUS = { 'Tus-Resumable': '1.0.0' };

export class FakePhotos {
  /** Stored ones, by their name. */
  readonly stored = new Map<string, Bytes>();
  readonly begun = new Map<string, Upload>();
  /** Every request: what was asked for, and how many bytes were kept. */
  readonly heard: { method: string; bytes: number }[] = [];
  refuses: (bytes: Bytes) => boolean = () => false;
  /** How many bytes of this piece come through before the line breaks; null: all, and the answer as well. */
  breaksAfter: (piece: Bytes) => number | null = () => null;
  /** Called when a piece was kept and before that is answered. */
  keeps: () => Promise<void> = () => Promise.resolve();

  constructor(private readonly sign: (sha256: Bytes, size: number) => Promise<Bytes>) {}

  async answer(path: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    if (headers.get('Tus-Resumable') !== '1.0.0') return refusal('upload-version', 412);
    if (init.method === 'POST') return this.begin(headers);
    return this.append(path, headers, init.body instanceof Uint8Array ? (init.body as Bytes) : new Uint8Array(0));
  }

  private begin(headers: Headers): Promise<Response> {
    const [, name = ''] = /^sha256 (\S+)$/.exec(headers.get('Upload-Metadata') ?? '') ?? [];
    const sha256 = atob(name);
    const size = Number(headers.get('Upload-Length'));
    const path = `/api/uploads/${headers.get('Zc-Device') ?? ''}-${sha256}`;
    this.heard.push({ method: 'POST', bytes: 0 });
    if (!this.stored.has(sha256) && !this.begun.has(path)) this.begun.set(path, { size, kept: new Uint8Array(0) });
    return this.standing(path, sha256, 201);
  }

  private async append(path: string, headers: Headers, piece: Bytes): Promise<Response> {
    const upload = this.begun.get(path);
    if (upload === undefined) return refusal('not-found', 404);
    const sha256 = path.slice(-64);
    if (Number(headers.get('Upload-Offset')) !== upload.kept.length) return refusal('upload-offset', 409);
    const broken = this.breaksAfter(piece);
    const came = broken === null ? piece : piece.subarray(0, broken);
    this.heard.push({ method: 'PATCH', bytes: came.length });
    const whole = new Uint8Array(upload.kept.length + came.length);
    whole.set(upload.kept);
    whole.set(came, upload.kept.length);
    upload.kept = whole;
    await this.keeps();
    if (whole.length === upload.size) {
      this.begun.delete(path);
      if (toHex(digest(whole)) !== sha256) return refusal('attachment-hash', 400);
      if (this.refuses(whole)) return refusal('attachment-not-image', 415);
      this.stored.set(sha256, whole);
    }
    if (broken !== null) throw new TypeError('the line broke');
    return this.standing(path, sha256, 204);
  }

  private async standing(path: string, sha256: string, status: number): Promise<Response> {
    const stored = this.stored.get(sha256);
    const offset = stored?.length ?? this.begun.get(path)?.kept.length;
    if (offset === undefined) return refusal('not-found', 404);
    const headers = new Headers({ ...TUS, Location: path, 'Upload-Offset': String(offset) });
    if (stored !== undefined) headers.set('Zc-Stored', toBase64Url(await this.sign(fromHex(sha256), offset)));
    return new Response(null, { status, headers });
  }
}

function refusal(code: string, status: number): Response {
  return Response.json({ code, message: '', params: {} }, { status, headers: TUS });
}
