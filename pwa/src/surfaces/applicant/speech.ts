/** Reads a page aloud with the device's own voice; nothing leaves the device. */
import { onScopeDispose, ref, type Ref } from 'vue'

/** Long texts fall silent in some engines, so each sentence is spoken by itself. */
const SENTENCE = /[^。!?;\n]+[。!?;\n]*/g

export function sentencesOf(text: string): readonly string[] {
  return (text.match(SENTENCE) ?? []).map((sentence) => sentence.trim()).filter((sentence) => sentence !== '')
}

export interface Reader {
  readonly supported: boolean
  readonly reading: Readonly<Ref<boolean>>
  /** The device has no voice, or refused to use it. */
  readonly failed: Readonly<Ref<boolean>>
  readonly start: (text: string, language: string) => void
  readonly stop: () => void
}

export function useReader(): Reader {
  const synthesis = typeof speechSynthesis === 'undefined' ? null : speechSynthesis
  const reading = ref(false)
  const failed = ref(false)

  function stop(): void {
    reading.value = false
    synthesis?.cancel()
  }

  function start(text: string, language: string): void {
    if (synthesis === null) return
    synthesis.cancel()
    failed.value = synthesis.getVoices().length === 0
    if (failed.value) return
    reading.value = true
    const utterances = sentencesOf(text).map((sentence) => {
      const utterance = new SpeechSynthesisUtterance(sentence)
      utterance.lang = language
      utterance.addEventListener('error', (event) => {
        if (event.error === 'canceled' || event.error === 'interrupted') return
        failed.value = true
        stop()
      })
      return utterance
    })
    utterances.at(-1)?.addEventListener('end', () => (reading.value = false))
    for (const utterance of utterances) synthesis.speak(utterance)
  }

  // Some engines load their voices only once asked.
  synthesis?.getVoices()
  onScopeDispose(stop)
  return { supported: synthesis !== null, reading, failed, start, stop }
}
