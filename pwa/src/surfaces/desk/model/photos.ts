// Photographs on the screen: from a picked file to durable storage, and from a digest to something to look at.
import { onScopeDispose, ref, watch } from 'vue'
import { reencodePhoto } from '../../../forms/photo'
import type { PhotoRef, Result } from '../../../worker/api'
import { api } from './engine'

/** Re-encodes one picked file and stores it; codes are those of forms/photo and of the storage. */
export async function storePhoto(file: Blob): Promise<Result<PhotoRef>> {
  const encoded = await reencodePhoto(file)
  if (!encoded.ok) return encoded
  return api.savePhoto(encoded.photo.bytes.buffer, encoded.photo.mime)
}

/** The address of a photo to show, '' until it is there; `failed` carries the code when it cannot be had. */
export function usePhoto(sha256: () => string) {
  const url = ref('')
  const failed = ref('')
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
    if (wanted !== sha256()) return
    if (result.ok) url.value = URL.createObjectURL(result.value)
    else failed.value = result.code
  }
  watch(sha256, load, { immediate: true })
  onScopeDispose(drop)
  return { url, failed, load }
}
