// A device out of service, and the same device enrolled anew, in English.
import type { ServiceKey } from './service.zh'
import type { Messages } from './translate'

export const serviceEn: Messages<ServiceKey> = {
  'state.not_taken': 'Not taken by the hub',
  'status.attention': 'To resolve: {count}',
  'status.revoked': 'Out of service',
  'outbox.former': 'Not taken by the hub: {count}',
  'outbox.attention': 'To resolve: {count}',
  'outbox.attentionHint': 'Refused, without effect, or filled in differently by two people.',
  'outbox.look': 'Look',

  'revoked.nav': 'Out of service',
  'revoked.title': 'This device is out of service: no more cases here',
  'revoked.note': 'Since {time} the hub takes nothing from this device. Ask {who}.',
  'revoked.since': 'Heard {time}',
  'revoked.lead': 'The hub no longer takes what is done here. Take in nothing more, print no receipt; use another device for what is urgent.',
  'revoked.who': 'Whom to ask',
  'revoked.whoDefault': 'the manager of this point, or a system administrator',
  'revoked.person': '{name} ({role})',
  'revoked.kept': 'All that was written is still here; nothing is lost.',
  'revoked.untaken': 'Not taken by the hub',
  'revoked.untakenHint': 'Tell everybody who was given a receipt. Once enrolled anew, you can send these again under the same receipt numbers.',
  'revoked.none': 'Nothing. All that was done before reached the hub.',
  'revoked.photoKept': 'Photo kept here, not sent',
  'revoked.drafts': 'Unfinished forms: {count}. You can go on with them once enrolled anew.',
  'revoked.again': 'Enrol this device anew',
  'revoked.againHint': 'Needs a new enrolment code from the console.',
  'revoked.open': 'Look and enrol anew',
  'revoked.noReceipt': 'Out of service: no receipts here',
  'revoked.noReceiptHint': 'Print on another device, or ask the administrator to enrol this one anew.',
  'revoked.photos': 'Photos kept here: {count}. Out of service, the hub takes none; they go up once enrolled anew.',

  'anew.title': 'Enrol this device anew',
  'anew.lead': 'The administrator makes a new code in the console; enter it here within 10 minutes. The device gets a new number; forms, photos and what was not taken stay.',
  'anew.done': 'Enrolled anew: this is now device {number}. Sign in with your password.',

  'receipt.notTaken': 'The hub did not take this case',

  'former.note': 'Not taken while out of service: {count}. You can send them again.',
  'former.open': 'Send again',
  'former.title': 'Not taken while out of service',
  'former.lead': 'Done while this device was out of service, and not taken by the hub. Sent again they are yours, under the receipt numbers that were printed.',
  'former.renew': 'Send again',
  'former.renewLabel': 'Send again: {name} {item}',
  'former.failed': '{name}: not sent. {why}',
  'former.empty': 'All sent again',
  'former.emptyHint': 'The four ticks in the list of cases say what has arrived.',
  'former.step': '{act} · {author} · {time}',
  'former.unknown': 'Something this version cannot read',
}
