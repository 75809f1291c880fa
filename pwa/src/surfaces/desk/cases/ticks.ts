// What the four ticks are called, from none (a draft) to all.
import { t } from '../model/words'

export function tickWords(): readonly string[] {
  return [t('word.draft'), t('tick.device'), t('tick.point'), t('tick.hub'), t('tick.province')]
}
