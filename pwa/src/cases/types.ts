// What a list and a case view show, as plain values that cross from the worker to the window.

/** The four ticks: 1 saved here, 2 at the point, 3 at the hub (photos included), 4 with the province. */
export type Tick = 1 | 2 | 3 | 4;

export interface RoleView {
  role: string;
  point: string;
  dept: string;
}

export interface CaseSummary {
  id: string;
  kind: 'draft' | 'case';
  itemId: string;
  itemName: string;
  applicantName: string;
  applicantIdNo: string;
  receiptNo: string;
  caseNo: string;
  state: string; // of sync/lifecycle.json; `not_taken`: the hub refused it; `away`: it went on where this person may not read
  point: string;
  dept: string;
  tick: Tick | 0; // 0: a draft
  tickMs: number; // when all of it had come so far
  photosUnsent: number;
  refused: string[]; // codes of own refused events that ask for a person
  voided: number; // own acts that had no effect, and that the person has not taken note of
  conflicts: number; // fields that hold two values
  photosMissing: number; // photos that the hub does not hold yet
  mine: boolean;
  fault: string; // the code why a draft cannot be opened; '': it can
  receivedMs: number; // of the receipt; of the filing while a case from online is not received
  updatedMs: number;
}

export interface Holder {
  value: unknown;
  author: string; // name of the person, or of the device
  ms: number;
}

/** One thing that a correction asks for. */
export interface Defect {
  kind: 'material' | 'field';
  id: string;
  note: string;
}

/** A field or material that a step set. `before`: the values that stood there; `after` null: its photographs came to the hub. */
export interface ChangeView {
  kind: 'material' | 'field';
  id: string;
  before: unknown[]; // of a material: MaterialLine
  after: unknown;
}

export interface HistoryRow {
  type: string;
  seq: number; // in the log of the device
  open: boolean; // refused or without effect, not written anew since, nor taken note of if it is this device's own
  author: string; // of the person, or of the device; '': the hub of itself
  device: number;
  deviceMs: number;
  hubMs: number; // 0: not confirmed
  effect: 'applied' | 'void' | 'unknown' | 'refused';
  code: string;
  from: string;
  to: string;
  text: string;
  /** Of a correction: what it asked for, and the day by which; of a delivery: to whom and how. */
  missing: Defect[];
  until: string;
  recipient: string;
  manner: string;
  changes: ChangeView[];
}

/** An act that the lifecycle has next in this state, and the roles that may do it. */
export interface NextStep {
  type: string;
  zh: string;
  roles: string[];
}

/** An act that the person may do now, by role and state; guards are named so that a screen can say why not. */
export interface ActionView {
  type: string;
  zh: string;
  needs: string[];
  blocked: string | null; // a void code, when a guard fails
}

export interface CaseView extends CaseSummary {
  applicantPhone: string;
  fields: Record<string, Holder[]>;
  materials: Record<string, Holder[]>; // value: MaterialLine
  missing: Defect[];
  missingUntil: string; // the day by which, where the correction named one
  deferred: string[];
  photos: Record<string, { size: number; mime: string; stored: boolean; here: boolean }>;
  history: HistoryRow[];
  actions: ActionView[];
  next: NextStep[]; // whoever may do it
  mayEdit: boolean;
  renewal: string | null; // own steps were refused for their author's right alone: '' if this person may write them anew, else why not; null: there are none
  ticks: { tick: Tick; ms: number }[];
}

export interface CaseQuery {
  text?: string; // name, ID number, receipt or case number, item
  group?: 'all' | 'draft' | 'waiting' | 'confirmed' | 'attention' | 'todo';
  limit?: number;
}
