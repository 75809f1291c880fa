// Generated from sync/lifecycle.json by scripts/generate.py; change that, not this.

export type State =
  | 'draft'
  | 'submitted'
  | 'prereview_returned'
  | 'prereview_passed'
  | 'received'
  | 'correction_pending'
  | 'accepted'
  | 'under_review'
  | 'suspended'
  | 'decision_pending'
  | 'approved'
  | 'denied'
  | 'ready_for_issue'
  | 'delivered'
  | 'not_accepted'
  | 'lapsed'
  | 'withdrawn'
  | 'terminated'
  | 'archived';
export type Scope =
  | 'point'
  | 'dept'
  | 'any'
  | 'person'
  | 'hub';
export type Guard =
  | 'correction_once'
  | 'extension_once'
  | 'licence_only'
  | 'instant_only'
  | 'not_own_review'
  | 'no_deferral_open'
  | 'deferral_open';
export type Need =
  | 'opinion'
  | 'reason'
  | 'ground'
  | 'missing'
  | 'deferred'
  | 'manner'
  | 'recipient'
  | 'point';
export type Effect =
  | 'count_correction'
  | 'count_extension'
  | 'keep_missing'
  | 'clear_missing'
  | 'open_deferral'
  | 'close_deferral'
  | 'keep_reviewer'
  | 'move_point';

/** A role that may, where it is held, for which acceptance modes (only null: all but `except`). */
export interface RowRole {
  readonly role: string;
  readonly scope: Scope;
  readonly modes: { readonly only: readonly string[] | null; readonly except: readonly string[] };
}

/** One act in some states: who may, what it must carry, what must hold, what it does. */
export interface Row {
  readonly type: string;
  readonly zh: string;
  readonly from: readonly State[];
  readonly to: State;
  readonly roles: readonly RowRole[];
  readonly guards: readonly Guard[];
  readonly needs: readonly Need[];
  readonly effects: readonly Effect[];
}

/** What a state is called, whether anything can follow it, and which clock runs in it. */
export interface StateInfo {
  readonly zh: string;
  readonly en: string;
  readonly terminal: boolean;
  readonly clock: string;
}

/** The whole table. */
export interface Lifecycle {
  readonly states: Readonly<Record<State, StateInfo>>;
  readonly transitions: readonly Row[];
  readonly edits: {
    readonly type: string;
    readonly zh: string;
    readonly from: readonly State[];
    readonly roles: readonly RowRole[];
  };
  readonly hub: readonly string[];
}

export const LIFECYCLE: Lifecycle = {
 "states": {
  "draft": {
   "zh": "草稿",
   "en": "Draft",
   "terminal": false,
   "clock": "none"
  },
  "submitted": {
   "zh": "已申报(待预审)",
   "en": "Submitted, awaiting pre-review",
   "terminal": false,
   "clock": "prereview"
  },
  "prereview_returned": {
   "zh": "预审退回(待修改)",
   "en": "Returned at pre-review",
   "terminal": false,
   "clock": "none"
  },
  "prereview_passed": {
   "zh": "预审通过(待收件)",
   "en": "Pre-review passed",
   "terminal": false,
   "clock": "none"
  },
  "received": {
   "zh": "已收件",
   "en": "Received",
   "terminal": false,
   "clock": "correction"
  },
  "correction_pending": {
   "zh": "待补正",
   "en": "Awaiting corrections",
   "terminal": false,
   "clock": "none"
  },
  "accepted": {
   "zh": "已受理",
   "en": "Accepted",
   "terminal": false,
   "clock": "decision"
  },
  "under_review": {
   "zh": "审查中",
   "en": "Under review",
   "terminal": false,
   "clock": "decision"
  },
  "suspended": {
   "zh": "特别程序中(计时挂起)",
   "en": "Special procedure, clock stopped",
   "terminal": false,
   "clock": "paused"
  },
  "decision_pending": {
   "zh": "待决定",
   "en": "Awaiting decision",
   "terminal": false,
   "clock": "decision"
  },
  "approved": {
   "zh": "办结(准予)",
   "en": "Approved",
   "terminal": false,
   "clock": "delivery"
  },
  "denied": {
   "zh": "办结(不予)",
   "en": "Denied",
   "terminal": false,
   "clock": "delivery"
  },
  "ready_for_issue": {
   "zh": "已制证待出件",
   "en": "Ready for collection",
   "terminal": false,
   "clock": "delivery"
  },
  "delivered": {
   "zh": "已送达",
   "en": "Delivered",
   "terminal": false,
   "clock": "none"
  },
  "not_accepted": {
   "zh": "不予受理",
   "en": "Not accepted",
   "terminal": true,
   "clock": "none"
  },
  "lapsed": {
   "zh": "逾期未补正退件",
   "en": "Lapsed and returned",
   "terminal": true,
   "clock": "none"
  },
  "withdrawn": {
   "zh": "申请人撤回",
   "en": "Withdrawn",
   "terminal": true,
   "clock": "none"
  },
  "terminated": {
   "zh": "终止办理",
   "en": "Terminated",
   "terminal": true,
   "clock": "none"
  },
  "archived": {
   "zh": "已归档",
   "en": "Archived",
   "terminal": true,
   "clock": "none"
  }
 },
 "transitions": [
  {
   "type": "case.submit_online",
   "zh": "网上申报",
   "from": [
    "draft"
   ],
   "to": "submitted",
   "roles": [
    {
     "role": "applicant",
     "scope": "person",
     "modes": {
      "only": null,
      "except": []
     }
    },
    {
     "role": "agent",
     "scope": "person",
     "modes": {
      "only": null,
      "except": []
     }
    }
   ],
   "guards": [],
   "needs": [],
   "effects": []
  },
  {
   "type": "case.prereview_return",
   "zh": "预审退回",
   "from": [
    "submitted"
   ],
   "to": "prereview_returned",
   "roles": [
    {
     "role": "window_clerk",
     "scope": "point",
     "modes": {
      "only": null,
      "except": []
     }
    },
    {
     "role": "reviewer",
     "scope": "dept",
     "modes": {
      "only": null,
      "except": []
     }
    }
   ],
   "guards": [],
   "needs": [
    "reason"
   ],
   "effects": []
  },
  {
   "type": "case.resubmit_online",
   "zh": "修改后再申报",
   "from": [
    "prereview_returned"
   ],
   "to": "submitted",
   "roles": [
    {
     "role": "applicant",
     "scope": "person",
     "modes": {
      "only": null,
      "except": []
     }
    },
    {
     "role": "agent",
     "scope": "person",
     "modes": {
      "only": null,
      "except": []
     }
    }
   ],
   "guards": [],
   "needs": [],
   "effects": []
  },
  {
   "type": "case.prereview_pass",
   "zh": "预审通过",
   "from": [
    "submitted"
   ],
   "to": "prereview_passed",
   "roles": [
    {
     "role": "window_clerk",
     "scope": "point",
     "modes": {
      "only": null,
      "except": []
     }
    },
    {
     "role": "reviewer",
     "scope": "dept",
     "modes": {
      "only": null,
      "except": []
     }
    }
   ],
   "guards": [],
   "needs": [],
   "effects": []
  },
  {
   "type": "case.receive",
   "zh": "收件",
   "from": [
    "draft",
    "prereview_passed"
   ],
   "to": "received",
   "roles": [
    {
     "role": "window_clerk",
     "scope": "point",
     "modes": {
      "only": null,
      "except": []
     }
    }
   ],
   "guards": [],
   "needs": [],
   "effects": []
  },
  {
   "type": "case.request_correction",
   "zh": "一次性告知补正",
   "from": [
    "received"
   ],
   "to": "correction_pending",
   "roles": [
    {
     "role": "window_clerk",
     "scope": "point",
     "modes": {
      "only": null,
      "except": []
     }
    },
    {
     "role": "reviewer",
     "scope": "dept",
     "modes": {
      "only": null,
      "except": []
     }
    }
   ],
   "guards": [
    "correction_once"
   ],
   "needs": [
    "missing"
   ],
   "effects": [
    "count_correction",
    "keep_missing"
   ]
  },
  {
   "type": "case.supplement",
   "zh": "提交补正材料",
   "from": [
    "correction_pending"
   ],
   "to": "received",
   "roles": [
    {
     "role": "applicant",
     "scope": "person",
     "modes": {
      "only": null,
      "except": []
     }
    },
    {
     "role": "agent",
     "scope": "person",
     "modes": {
      "only": null,
      "except": []
     }
    },
    {
     "role": "window_clerk",
     "scope": "point",
     "modes": {
      "only": null,
      "except": []
     }
    }
   ],
   "guards": [],
   "needs": [],
   "effects": [
    "clear_missing"
   ]
  },
  {
   "type": "case.lapse",
   "zh": "逾期未补正退件",
   "from": [
    "correction_pending"
   ],
   "to": "lapsed",
   "roles": [
    {
     "role": "system",
     "scope": "hub",
     "modes": {
      "only": null,
      "except": []
     }
    },
    {
     "role": "window_clerk",
     "scope": "point",
     "modes": {
      "only": null,
      "except": []
     }
    }
   ],
   "guards": [],
   "needs": [],
   "effects": []
  },
  {
   "type": "case.refuse_acceptance",
   "zh": "不予受理",
   "from": [
    "received"
   ],
   "to": "not_accepted",
   "roles": [
    {
     "role": "window_clerk",
     "scope": "point",
     "modes": {
      "only": null,
      "except": []
     }
    },
    {
     "role": "reviewer",
     "scope": "dept",
     "modes": {
      "only": null,
      "except": []
     }
    }
   ],
   "guards": [],
   "needs": [
    "reason"
   ],
   "effects": []
  },
  {
   "type": "case.accept",
   "zh": "受理",
   "from": [
    "received"
   ],
   "to": "accepted",
   "roles": [
    {
     "role": "window_clerk",
     "scope": "point",
     "modes": {
      "only": null,
      "except": [
       "comprehensive_receive_back_accept"
      ]
     }
    },
    {
     "role": "reviewer",
     "scope": "dept",
     "modes": {
      "only": null,
      "except": []
     }
    }
   ],
   "guards": [],
   "needs": [],
   "effects": []
  },
  {
   "type": "case.accept_with_deferral",
   "zh": "容缺受理",
   "from": [
    "received"
   ],
   "to": "accepted",
   "roles": [
    {
     "role": "window_clerk",
     "scope": "point",
     "modes": {
      "only": null,
      "except": [
       "comprehensive_receive_back_accept"
      ]
     }
    },
    {
     "role": "reviewer",
     "scope": "dept",
     "modes": {
      "only": null,
      "except": []
     }
    }
   ],
   "guards": [],
   "needs": [
    "deferred"
   ],
   "effects": [
    "open_deferral"
   ]
  },
  {
   "type": "case.deem_accepted",
   "zh": "逾期未告知视为受理",
   "from": [
    "received"
   ],
   "to": "accepted",
   "roles": [
    {
     "role": "system",
     "scope": "hub",
     "modes": {
      "only": null,
      "except": []
     }
    }
   ],
   "guards": [
    "licence_only"
   ],
   "needs": [],
   "effects": []
  },
  {
   "type": "case.supply_deferred",
   "zh": "补齐容缺材料",
   "from": [
    "accepted"
   ],
   "to": "accepted",
   "roles": [
    {
     "role": "applicant",
     "scope": "person",
     "modes": {
      "only": null,
      "except": []
     }
    },
    {
     "role": "agent",
     "scope": "person",
     "modes": {
      "only": null,
      "except": []
     }
    },
    {
     "role": "window_clerk",
     "scope": "point",
     "modes": {
      "only": null,
      "except": []
     }
    }
   ],
   "guards": [
    "deferral_open"
   ],
   "needs": [],
   "effects": [
    "close_deferral"
   ]
  },
  {
   "type": "case.supply_deferred",
   "zh": "补齐容缺材料",
   "from": [
    "under_review"
   ],
   "to": "under_review",
   "roles": [
    {
     "role": "applicant",
     "scope": "person",
     "modes": {
      "only": null,
      "except": []
     }
    },
    {
     "role": "agent",
     "scope": "person",
     "modes": {
      "only": null,
      "except": []
     }
    },
    {
     "role": "window_clerk",
     "scope": "point",
     "modes": {
      "only": null,
      "except": []
     }
    }
   ],
   "guards": [
    "deferral_open"
   ],
   "needs": [],
   "effects": [
    "close_deferral"
   ]
  },
  {
   "type": "case.transfer",
   "zh": "转其他点位办理",
   "from": [
    "received"
   ],
   "to": "received",
   "roles": [
    {
     "role": "window_clerk",
     "scope": "point",
     "modes": {
      "only": null,
      "except": []
     }
    }
   ],
   "guards": [],
   "needs": [
    "point",
    "reason"
   ],
   "effects": [
    "move_point"
   ]
  },
  {
   "type": "case.transfer",
   "zh": "转其他点位办理",
   "from": [
    "correction_pending"
   ],
   "to": "correction_pending",
   "roles": [
    {
     "role": "window_clerk",
     "scope": "point",
     "modes": {
      "only": null,
      "except": []
     }
    }
   ],
   "guards": [],
   "needs": [
    "point",
    "reason"
   ],
   "effects": [
    "move_point"
   ]
  },
  {
   "type": "case.transfer",
   "zh": "转其他点位办理",
   "from": [
    "accepted"
   ],
   "to": "accepted",
   "roles": [
    {
     "role": "window_clerk",
     "scope": "point",
     "modes": {
      "only": null,
      "except": []
     }
    }
   ],
   "guards": [],
   "needs": [
    "point",
    "reason"
   ],
   "effects": [
    "move_point"
   ]
  },
  {
   "type": "case.transfer",
   "zh": "转其他点位办理",
   "from": [
    "under_review"
   ],
   "to": "under_review",
   "roles": [
    {
     "role": "window_clerk",
     "scope": "point",
     "modes": {
      "only": null,
      "except": []
     }
    }
   ],
   "guards": [],
   "needs": [
    "point",
    "reason"
   ],
   "effects": [
    "move_point"
   ]
  },
  {
   "type": "case.decide_on_the_spot",
   "zh": "当场办结",
   "from": [
    "accepted"
   ],
   "to": "approved",
   "roles": [
    {
     "role": "window_clerk",
     "scope": "point",
     "modes": {
      "only": [
       "comprehensive_direct",
       "street_window",
       "terminal_agent",
       "terminal_query"
      ],
      "except": []
     }
    },
    {
     "role": "approver",
     "scope": "dept",
     "modes": {
      "only": null,
      "except": []
     }
    }
   ],
   "guards": [
    "instant_only",
    "no_deferral_open"
   ],
   "needs": [
    "opinion"
   ],
   "effects": []
  },
  {
   "type": "case.assign_review",
   "zh": "后台分办",
   "from": [
    "accepted"
   ],
   "to": "under_review",
   "roles": [
    {
     "role": "window_clerk",
     "scope": "point",
     "modes": {
      "only": null,
      "except": []
     }
    },
    {
     "role": "approver",
     "scope": "dept",
     "modes": {
      "only": null,
      "except": []
     }
    },
    {
     "role": "system",
     "scope": "hub",
     "modes": {
      "only": null,
      "except": []
     }
    }
   ],
   "guards": [],
   "needs": [],
   "effects": []
  },
  {
   "type": "case.suspend",
   "zh": "启动特别程序",
   "from": [
    "under_review"
   ],
   "to": "suspended",
   "roles": [
    {
     "role": "approver",
     "scope": "dept",
     "modes": {
      "only": null,
      "except": []
     }
    }
   ],
   "guards": [],
   "needs": [
    "ground",
    "reason"
   ],
   "effects": []
  },
  {
   "type": "case.resume",
   "zh": "特别程序结束",
   "from": [
    "suspended"
   ],
   "to": "under_review",
   "roles": [
    {
     "role": "reviewer",
     "scope": "dept",
     "modes": {
      "only": null,
      "except": []
     }
    },
    {
     "role": "approver",
     "scope": "dept",
     "modes": {
      "only": null,
      "except": []
     }
    }
   ],
   "guards": [],
   "needs": [],
   "effects": []
  },
  {
   "type": "case.extend",
   "zh": "延长期限",
   "from": [
    "under_review"
   ],
   "to": "under_review",
   "roles": [
    {
     "role": "organ_head",
     "scope": "dept",
     "modes": {
      "only": null,
      "except": []
     }
    }
   ],
   "guards": [
    "extension_once"
   ],
   "needs": [
    "reason"
   ],
   "effects": [
    "count_extension"
   ]
  },
  {
   "type": "case.review_opinion",
   "zh": "提出审查意见",
   "from": [
    "under_review"
   ],
   "to": "decision_pending",
   "roles": [
    {
     "role": "reviewer",
     "scope": "dept",
     "modes": {
      "only": null,
      "except": []
     }
    }
   ],
   "guards": [],
   "needs": [
    "opinion"
   ],
   "effects": [
    "keep_reviewer"
   ]
  },
  {
   "type": "case.send_back",
   "zh": "退回审查",
   "from": [
    "decision_pending"
   ],
   "to": "under_review",
   "roles": [
    {
     "role": "approver",
     "scope": "dept",
     "modes": {
      "only": null,
      "except": []
     }
    }
   ],
   "guards": [],
   "needs": [
    "reason"
   ],
   "effects": []
  },
  {
   "type": "case.approve",
   "zh": "准予",
   "from": [
    "decision_pending"
   ],
   "to": "approved",
   "roles": [
    {
     "role": "approver",
     "scope": "dept",
     "modes": {
      "only": null,
      "except": []
     }
    },
    {
     "role": "organ_head",
     "scope": "dept",
     "modes": {
      "only": null,
      "except": []
     }
    }
   ],
   "guards": [
    "no_deferral_open",
    "not_own_review"
   ],
   "needs": [
    "opinion"
   ],
   "effects": []
  },
  {
   "type": "case.deny",
   "zh": "不予",
   "from": [
    "decision_pending"
   ],
   "to": "denied",
   "roles": [
    {
     "role": "approver",
     "scope": "dept",
     "modes": {
      "only": null,
      "except": []
     }
    },
    {
     "role": "organ_head",
     "scope": "dept",
     "modes": {
      "only": null,
      "except": []
     }
    }
   ],
   "guards": [
    "not_own_review"
   ],
   "needs": [
    "opinion",
    "reason"
   ],
   "effects": []
  },
  {
   "type": "case.seal_and_make",
   "zh": "统一用印制证",
   "from": [
    "approved"
   ],
   "to": "ready_for_issue",
   "roles": [
    {
     "role": "seal_keeper",
     "scope": "dept",
     "modes": {
      "only": null,
      "except": []
     }
    }
   ],
   "guards": [],
   "needs": [],
   "effects": []
  },
  {
   "type": "case.deliver",
   "zh": "统一出件送达",
   "from": [
    "ready_for_issue"
   ],
   "to": "delivered",
   "roles": [
    {
     "role": "issuing_clerk",
     "scope": "any",
     "modes": {
      "only": null,
      "except": []
     }
    }
   ],
   "guards": [],
   "needs": [
    "recipient",
    "manner"
   ],
   "effects": []
  },
  {
   "type": "case.deliver_denial",
   "zh": "送达不予决定",
   "from": [
    "denied"
   ],
   "to": "delivered",
   "roles": [
    {
     "role": "issuing_clerk",
     "scope": "any",
     "modes": {
      "only": null,
      "except": []
     }
    }
   ],
   "guards": [],
   "needs": [
    "recipient",
    "manner"
   ],
   "effects": []
  },
  {
   "type": "case.archive",
   "zh": "归档",
   "from": [
    "delivered"
   ],
   "to": "archived",
   "roles": [
    {
     "role": "system",
     "scope": "hub",
     "modes": {
      "only": null,
      "except": []
     }
    },
    {
     "role": "issuing_clerk",
     "scope": "any",
     "modes": {
      "only": null,
      "except": []
     }
    }
   ],
   "guards": [],
   "needs": [],
   "effects": []
  },
  {
   "type": "case.withdraw",
   "zh": "申请人撤回",
   "from": [
    "submitted",
    "prereview_returned",
    "prereview_passed",
    "received",
    "correction_pending",
    "accepted",
    "under_review",
    "suspended",
    "decision_pending"
   ],
   "to": "withdrawn",
   "roles": [
    {
     "role": "applicant",
     "scope": "person",
     "modes": {
      "only": null,
      "except": []
     }
    },
    {
     "role": "agent",
     "scope": "person",
     "modes": {
      "only": null,
      "except": []
     }
    }
   ],
   "guards": [],
   "needs": [],
   "effects": []
  },
  {
   "type": "case.terminate",
   "zh": "终止办理",
   "from": [
    "accepted",
    "under_review",
    "suspended",
    "decision_pending"
   ],
   "to": "terminated",
   "roles": [
    {
     "role": "approver",
     "scope": "dept",
     "modes": {
      "only": null,
      "except": []
     }
    }
   ],
   "guards": [],
   "needs": [
    "reason"
   ],
   "effects": []
  }
 ],
 "edits": {
  "type": "case.edit",
  "zh": "修改信息",
  "from": [
   "accepted",
   "correction_pending",
   "received",
   "under_review"
  ],
  "roles": [
   {
    "role": "window_clerk",
    "scope": "point",
    "modes": {
     "only": null,
     "except": []
    }
   },
   {
    "role": "reviewer",
    "scope": "dept",
    "modes": {
     "only": null,
     "except": []
    }
   }
  ]
 },
 "hub": [
  "case.attachment",
  "case.fetch",
  "case.number"
 ]
};
