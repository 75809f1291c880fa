// Photographs on the screen: from a picked file to durable storage, and from a digest to something to look at.
import { onScopeDispose, ref, watch } from 'vue'
import type { Box } from '../../../forms/crop'
import { reencodePhoto, takePhoto, type Photo } from '../../../forms/photo'
import type { PhotoRef, Result } from '../../../worker/api'
import { api } from './engine'

/** A picture that is stored whole and may still be cropped. */
export interface Shot {
  readonly file: Blob
  readonly ref: PhotoRef
  /** What is stored, to look at. */
  readonly picture: Blob
  readonly proposed: Box
}

/** Re-encodes one picked file and stores all of it, durably; codes are those of forms/photo and of the storage. */
export async function storeShot(file: Blob): Promise<Result<Shot>> {
  const taken = await takePhoto(file)
  if (!taken.ok) return taken
  const { photo, proposed } = taken
  // The look at it comes first: the bytes move to the engine.
  const picture = new Blob([photo.bytes], { type: photo.mime })
  const saved = await save(photo)
  return saved.ok ? { ok: true, value: { file, ref: saved.value, picture, proposed } } : saved
}

/** Stores a part of the shot beside it. The picked file may be gone by then; what was stored of it is not. */
export async function storeCrop({ file, picture }: Shot, box: Box): Promise<Result<PhotoRef>> {
  const fromFile = await reencodePhoto(file, box)
  const encoded = fromFile.ok ? fromFile : await reencodePhoto(picture, box)
  return encoded.ok ? save(encoded.photo) : encoded
}

function save({ bytes, mime }: Photo): Promise<Result<PhotoRef>> {
  return api.savePhoto(bytes.buffer, mime)
}

/** The address of a photo to show, '' until it is there; `failed` carries the code when it cannot be had. */
export function usePhoto(sha256: () => string) {
  const url = ref('')
  const failed = ref('')
  let gone = false
  function drop(): void {
    if (url.value !== '') URL.revokeObjectURL(url.value)
    url.value = ''
  }
  async function load(): Promise<void> {
    const wanted = sha256()
    drop()
    failed.value = ''
    if (wanted === '') return
    const result = await api.photo(wanted)
    if (gone || wanted !== sha256()) return
    drop()
    if (result.ok) url.value = URL.createObjectURL(result.value)
    else failed.value = result.code
  }
  watch(sha256, load, { immediate: true })
  onScopeDispose(() => {
    gone = true
    drop()
  })
  return { url, failed, load }
}
