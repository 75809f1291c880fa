// A draft as one line of the list of cases.

import { applicantOf } from '../forms/summary';
import type { CaseSummary } from './api';
import type { Opened } from './drafts';
import type { Unlocked } from './core';
import { itemOf } from './reference';

export function draftLine({ tablet }: Unlocked, { row, draft }: Opened, point: string): CaseSummary {
  const itemId = draft?.itemId ?? '';
  const item = itemOf(tablet.replica, itemId);
  const applicant = item === undefined || draft === null ? null : applicantOf(item, draft.fields);
  return {
    id: row.id,
    kind: 'draft',
    itemId,
    itemName: item?.name ?? itemId,
    applicantName: applicant?.name ?? '',
    applicantIdNo: applicant?.idNo ?? '',
    receiptNo: '',
    caseNo: '',
    state: 'draft',
    point,
    dept: item?.departmentId ?? '',
    tick: 0,
    tickMs: 0,
    photosUnsent: 0,
    refused: [],
    voided: 0,
    conflicts: 0,
    photosMissing: 0,
    mine: true,
    fault: draft === null ? 'draft-unreadable' : '',
    receivedMs: 0,
    updatedMs: row.updatedMs,
  };
}
