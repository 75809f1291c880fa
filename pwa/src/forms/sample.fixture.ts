// The sample zone as the surfaces get it, for unit tests: catalogue, everyday words and search keys put together.
import aliasesJson from '../../../server/zone/aliases.json?raw'
import catalogueJson from '../../../server/zone/catalogue.json?raw'
import type { FormField, ItemRecord, MaterialRecord, SearchKeys } from './item'
import keysJson from './searchKeys.fixture.json?raw'

const catalogue = JSON.parse(catalogueJson) as { items: Omit<ItemRecord, 'aliases' | 'searchKeys'>[] }
const aliases = JSON.parse(aliasesJson) as Record<string, string[]>
const keys = JSON.parse(keysJson) as Record<string, SearchKeys>

export const sampleItems: readonly ItemRecord[] = catalogue.items.map((item) => {
  const searchKeys = keys[item.id]
  if (searchKeys === undefined) throw new Error(`no search keys for ${item.id}`)
  return { ...item, aliases: aliases[item.id] ?? [], searchKeys }
})

export function sampleItem(id: string): ItemRecord {
  const item = sampleItems.find((one) => one.id === id)
  if (item === undefined) throw new Error(`no item ${id}`)
  return item
}

export function field(part: Partial<FormField> & Pick<FormField, 'type'>): FormField {
  return { key: 'k', label: '名称', required: true, ...part }
}

export function material(part: Partial<MaterialRecord> & Pick<MaterialRecord, 'id'>): MaterialRecord {
  const [first] = sampleItem('SCJG-001').materials
  if (first === undefined) throw new Error('no material')
  return { ...first, required: true, deferrable: false, exemptByResource: null, ...part }
}
