// What of an item's materials is still open, as the clerk has marked them.
//
// Pure. Statuses are those of the protocol's Material: provided, exempt (by data), deferred (容缺后补), missing.
import type { MaterialRecord } from './item'

export type MaterialStatus = 'provided' | 'exempt' | 'deferred' | 'missing'

export interface MaterialMark {
  readonly id: string
  readonly status: MaterialStatus
}

/** The materials that are not in order, as the item lists them; one without a mark is missing, other marks are ignored. */
export function openMaterials(materials: readonly MaterialRecord[], marks: readonly MaterialMark[]): readonly MaterialRecord[] {
  const statusById = new Map(marks.map(({ id, status }) => [id, status]))
  return materials.filter((material) => isOpen(material, statusById.get(material.id) ?? 'missing'))
}

function isOpen(material: MaterialRecord, status: MaterialStatus): boolean {
  switch (status) {
    case 'provided':
      return false
    case 'exempt':
      return material.exemptByResource === null
    case 'deferred':
      return !material.deferrable
    case 'missing':
      return material.required
  }
}
