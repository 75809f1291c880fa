// The materials checklist of a case: what is there, what is missing, and the one-time correction list.
//
// Pure. Statuses are those of the protocol's Material: provided, exempt (by data), deferred (容缺后补), missing.
import type { MaterialRecord } from './item'
import type { FieldProblem } from './validate'

export type MaterialStatus = 'provided' | 'exempt' | 'deferred' | 'missing'

/** What the clerk marked for one material. `defect`: handed in, but not acceptable, and why. */
export interface MaterialMark {
  readonly id: string
  readonly status: MaterialStatus
  readonly photos: number
  readonly defect?: string
}

export type MaterialProblem = 'material-missing' | 'material-defective' | 'material-not-deferrable' | 'material-not-exempt'

export interface ChecklistLine {
  readonly material: MaterialRecord
  readonly status: MaterialStatus
  readonly photos: number
  readonly problem: MaterialProblem | null
}

export interface Checklist {
  readonly lines: readonly ChecklistLine[]
  /** Nothing required is missing, deferred or defective: the case can be accepted. */
  readonly complete: boolean
  /** Only deferred materials are open: the case can be accepted with deferral 容缺受理. */
  readonly deferrable: boolean
  readonly deferredIds: readonly string[]
  /** Exempt by shared data: to be verified when the extranet is there 待数据核验. */
  readonly exemptIds: readonly string[]
  readonly photographed: number
  readonly provided: number
}

/** One defect of a one-time correction notice, as in the protocol's Missing. */
export interface Missing {
  readonly kind: 'material' | 'field'
  readonly id: string
  readonly note: string
}

/** Where the checklist stands; a material without a mark is missing, marks of unknown materials are ignored. */
export function checklist(materials: readonly MaterialRecord[], marks: readonly MaterialMark[]): Checklist {
  const markById = new Map(marks.map((mark) => [mark.id, mark]))
  const lines = materials.map((material) => lineOf(material, markById.get(material.id)))
  const sound = lines.every((line) => line.problem === null)
  const deferredIds = idsOf(lines, 'deferred')
  return {
    lines,
    complete: sound && deferredIds.length === 0,
    deferrable: sound && deferredIds.length > 0,
    deferredIds,
    exemptIds: idsOf(lines, 'exempt'),
    photographed: lines.filter((line) => line.photos > 0).length,
    provided: idsOf(lines, 'provided').length,
  }
}

/** Where a fresh checklist starts: nothing is there yet. */
export function initialMarks(materials: readonly MaterialRecord[]): readonly MaterialMark[] {
  return materials.map(({ id }) => ({ id, status: 'missing', photos: 0 }))
}

/**
 * Everything that must be corrected, told once and completely: first materials, then fields, in their orders.
 *
 * The note of a material is the clerk's reason for a defect; of a field it is left to the caller, who has the words.
 */
export function oneTimeCorrection(
  materials: readonly MaterialRecord[],
  marks: readonly MaterialMark[],
  fieldProblems: readonly FieldProblem[],
  fieldNote: (problem: FieldProblem) => string,
): readonly Missing[] {
  const defectById = new Map(marks.map((mark) => [mark.id, mark.defect ?? '']))
  const open = checklist(materials, marks).lines.filter((line) => line.problem !== null)
  return [
    ...open.map(({ material }) => ({ kind: 'material', id: material.id, note: defectById.get(material.id) ?? '' }) as const),
    ...fieldProblems.map((problem) => ({ kind: 'field', id: problem.key, note: fieldNote(problem) }) as const),
  ]
}

function lineOf(material: MaterialRecord, mark: MaterialMark | undefined): ChecklistLine {
  const status = mark?.status ?? 'missing'
  return { material, status, photos: mark?.photos ?? 0, problem: problemOf(material, status, mark?.defect ?? '') }
}

function problemOf(material: MaterialRecord, status: MaterialStatus, defect: string): MaterialProblem | null {
  if (defect !== '') return 'material-defective'
  switch (status) {
    case 'provided':
      return null
    case 'exempt':
      return material.exemptByResource === null ? 'material-not-exempt' : null
    case 'deferred':
      return material.deferrable ? null : 'material-not-deferrable'
    case 'missing':
      return material.required ? 'material-missing' : null
  }
}

function idsOf(lines: readonly ChecklistLine[], status: MaterialStatus): readonly string[] {
  return lines.filter((line) => line.status === status).map((line) => line.material.id)
}
