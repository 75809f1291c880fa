// How soon an item is promised, in the office's words.
import type { ItemRecord } from '../../../forms/item'
import type { Params } from '../../../i18n/translate'

type Words = (key: 'days.onTheSpot' | 'days.promised', params?: Params) => string

export function promiseOf(item: Pick<ItemRecord, 'promisedDays'>, t: Words): string {
  return item.promisedDays === 0 ? t('days.onTheSpot') : t('days.promised', { count: item.promisedDays })
}
