// A draft as one line of the list of cases.

import { applicantOf } from '../forms/summary';
import type { CaseSummary, Draft } from './api';
import type { Unlocked } from './core';
import { itemOf } from './reference';

export function draftLine({ tablet }: Unlocked, draft: Draft, point: string): CaseSummary {
  const item = itemOf(tablet.replica, draft.itemId);
  const applicant = item === undefined ? null : applicantOf(item, draft.fields);
  return {
    id: draft.id,
    kind: 'draft',
    itemId: draft.itemId,
    itemName: item?.name ?? draft.itemId,
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
    receivedMs: 0,
    updatedMs: draft.updatedMs,
  };
}
