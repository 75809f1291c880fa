// The desk's words where what a tablet keeps cannot be opened or upgraded, in English.

export const keptEn = {
  'kept.title': 'What is stored here could not be upgraded',
  'kept.lead': 'The program was updated, and what is stored here could not be brought into its new shape. All of it is still there, untouched.',
  'kept.next': 'Try again first. If that does not help, unlock, export what is unsent and give file and passphrase to the administrator; until then do not clear the data of this browser.',
  'kept.who': 'Who exports?',
  'kept.nobody': 'Nobody has set a PIN here, so nothing can be exported. Contact the administrator, and do not clear the data of this browser.',
  'kept.nothing': 'Nothing is unsent. Drafts are still here and can be gone on with after the upgrade.',
  'kept.unsent': '{count} unsent; they can be exported',
  'start.newer': 'What is stored here is of a newer version',
  'start.newerHint': 'This program is an older one. Everything is still there, unchanged. Connect and reload the page to get the newer version; if it goes on, contact the administrator.',
  'start.code': 'Code {code}',
} as const
