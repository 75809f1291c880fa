/** An item's facts in a few words: how long, how many visits, what it costs; and the whole guide as it is read aloud. */
import type { ItemRecord, MaterialRecord } from '../../forms/item'
import type { ListedItem } from './api'
import { t } from './words'

export function isOnTheSpot(item: ListedItem): boolean {
  return item.caseType === 'instant' && item.promisedDays === 0
}

export function longText(item: ListedItem): string {
  if (isOnTheSpot(item)) return t('guide.long.now')
  return t('guide.long.promised', { count: item.promisedDays })
}

export function daysText(item: ListedItem): string {
  if (isOnTheSpot(item)) return t('tag.instant')
  return t('tag.days', { count: item.promisedDays })
}

export function visitsText(item: ListedItem): string {
  return item.visits === 0 ? t('tag.visits0') : t('tag.visits', { count: item.visits })
}

export function costText(item: ItemRecord): string {
  return t(item.fee.charged ? 'guide.cost.charged' : 'guide.cost.free')
}

/** What of a material to bring: `原件 1 份、复印件 1 份`. */
export function copiesText(material: MaterialRecord): string {
  const parts = [
    ...(material.originals > 0 ? [t('guide.material.originals', { count: material.originals })] : []),
    ...(material.copies > 0 ? [t('guide.material.copies', { count: material.copies })] : []),
  ]
  return parts.join(t('list.and'))
}

/** The guide as sentences: what a person who cannot read the screen needs, in the page's order. */
export function spoken(item: ItemRecord, pointNames: readonly string[]): string {
  const materials = item.materials.map((material) => `${material.name},${copiesText(material)}`)
  return [
    item.name,
    `${t('guide.can')} ${item.acceptConditions}`,
    `${t('guide.where')} ${pointNames.join(t('list.and'))}`,
    `${t('guide.bring')} ${materials.join(';')}`,
    `${t('guide.long')} ${longText(item)}`,
    `${t('guide.cost')} ${costText(item)}`,
    `${t('guide.visits')} ${visitsText(item)}`,
  ].join('。\n')
}
