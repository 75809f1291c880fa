// A service item 事项 as the surfaces see it: the record of `item.publish`, in the shape of the sample catalogue.
//
// The zone's loader adds `aliases` and `searchKeys` to the catalogue's own elements (server/zone).

export type FieldType =
  | 'text'
  | 'textarea'
  | 'address'
  | 'regno'
  | 'idcard'
  | 'uscc'
  | 'phone'
  | 'date'
  | 'number'
  | 'select'
  | 'multiselect'

/** One question of an item's form. Lengths in code points; `decimals` absent: whole numbers only. */
export interface FormField {
  readonly key: string
  readonly label: string
  readonly type: FieldType
  readonly required: boolean
  readonly maxLength?: number
  readonly pattern?: string
  readonly min?: number
  readonly max?: number
  readonly decimals?: number
  readonly enum?: readonly string[]
}

/** One line of an item's materials list. */
export interface MaterialRecord {
  readonly id: string
  readonly name: string
  readonly materialTypeCode: string
  readonly materialTypeZh: string
  readonly mediumCode: string
  readonly mediumZh: string
  readonly originals: number
  readonly copies: number
  readonly necessityCode: string
  readonly necessityZh: string
  readonly required: boolean
  readonly deferrable: boolean
  readonly sourceCode: string
  readonly sourceZh: string
  readonly source: string
  readonly exemptByResource: string | null
  readonly note: string | null
}

/** One organ that implements an item, with its 31-character implementation code and the points where it does. */
export interface Implementation {
  readonly orgId: string
  readonly orgName: string
  readonly implementationCode: string
  readonly handlingItemCode: string
  readonly points: readonly string[]
}

export interface Fee {
  readonly charged: boolean
  readonly items?: readonly { readonly name: string; readonly amount: number | null; readonly unit: string }[]
  readonly basis?: string
  readonly payOnline?: boolean
}

/** Pinyin of the name and of each alias, name first, separated by spaces. */
export interface SearchKeys {
  readonly initials: string
  readonly full: string
}

export interface ItemRecord {
  readonly id: string
  readonly name: string
  readonly basicCode: string
  readonly implementations: readonly Implementation[]
  readonly departmentId: string
  readonly department: string
  readonly approvalSection: string
  readonly section: string
  readonly itemTypeCode: string
  readonly itemType: string
  readonly exerciseLevelCode: string
  readonly exerciseLevel: string
  readonly serviceObjectCodes: readonly string[]
  readonly serviceObjects: readonly string[]
  readonly caseTypeCode: string
  readonly caseType: 'instant' | 'commitment'
  readonly caseTypeZh: string
  readonly legalBasis: readonly { readonly law: string; readonly article: string; readonly certainty: string }[]
  readonly statutoryDays: number | null
  readonly statutoryDayUnit: string | null
  readonly promisedDays: number
  readonly promisedDayUnit: string
  readonly promisedNote: string
  readonly visits: number
  readonly onlineDepth: { readonly level: string; readonly label: string; readonly codes: readonly string[] }
  readonly handlingFormCodes: readonly string[]
  readonly acceptanceMode: string
  readonly points: readonly string[]
  readonly crossRegionScope: string
  readonly highFrequency: boolean
  readonly oncelyVisit: boolean
  readonly sampleWeight: number
  readonly acceptConditions: string
  readonly specialProcedures: readonly { readonly name: string; readonly pausesClock: boolean }[]
  readonly materials: readonly MaterialRecord[]
  readonly formFields: readonly FormField[]
  readonly outcome: {
    readonly name: string
    readonly typeCode: string
    readonly type: string
    readonly electronic: boolean
    readonly sealType: string
  }
  readonly fee: Fee
  readonly remark: string | null
  readonly aliases: readonly string[]
  readonly searchKeys: SearchKeys
}

/** What a person put into one field: text, or the chosen options of a multiselect. Numbers are decimal text. */
export type FieldValue = string | readonly string[]
export type FormValues = Readonly<Record<string, FieldValue>>

/** The implementation that serves a point, or the first where none names it (cross-point intake). */
export function implementationAt(item: ItemRecord, point: string): Implementation {
  const found = item.implementations.find((one) => one.points.includes(point)) ?? item.implementations[0]
  if (found === undefined) throw new Error(`item without an implementation: ${item.id}`)
  return found
}
