// What RxDB is told of a record, in Node and in a browser.

const text = { type: 'string' }
const whole = { type: 'number' }
const record = (properties) => ({ type: 'object', properties, required: Object.keys(properties) })

export const SCHEMA = {
  version: 0,
  primaryKey: 'id',
  ...record({
    id: { type: 'string', maxLength: 36 },
    type: text,
    receipt: text,
    item: text,
    channel: text,
    window: text,
    at: whole,
    applicant: record({ name: text, idNo: text, phone: text }),
    form: record({ address: text, relation: text, creditCode: text, copies: whole }),
  }),
}
