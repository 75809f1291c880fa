// The numbers as the surfaces may use them: surfaces know forms, forms know the protocol.
export {
  isCaseNumber,
  isCreditCode,
  isReceiptNumber,
  isResidentId,
  normaliseCode,
  parseCaseNumber,
  parseReceiptNumber,
  type CaseNumber,
  type NumberCode,
  type NumberRefusal,
  type ReceiptNumber,
} from '../sync/number'
