// The only door from a window to the engine: starts the worker and speaks to it through comlink.

import { proxy, wrap } from 'comlink';

import type { DeskApi, Status } from './api';
import type { Passport, WorkerApi } from './passport';

const PASSPORT = 'zc-passport';

let updateWaiting = false;
const updateListeners = new Set<() => void>();

/** The service worker has a newer version ready; the status bar says so. */
export function setUpdateWaiting(waiting: boolean): void {
  updateWaiting = waiting;
  for (const listener of updateListeners) listener();
}

/** Starts the engine of this tab. Calls wait until it is there; they reject if it cannot start. */
export function connectDesk(): DeskApi {
  const worker = new Worker(new URL('./desk.worker.ts', import.meta.url), { type: 'module', name: 'zongchuang' });
  const remote = wrap<WorkerApi>(worker);
  const opened = remote.attach(readPassport(), proxy(writePassport));
  // Asked for once; a browser that does not grant it keeps the data as well as it can.
  void navigator.storage.persist();
  return {
    opened: () => opened,
    status: async (): Promise<Status> => ({ ...(await remote.status()), updateWaiting }),
    subscribe: async (listener) => {
      const onUpdate = (): void => {
        listener({ kind: 'status' });
      };
      updateListeners.add(onUpdate);
      const stop = await remote.subscribe(proxy(listener));
      return () => {
        updateListeners.delete(onUpdate);
        void stop();
      };
    },
    enrol: (code, name) => remote.enrol(code, name),
    enrolAnew: (code) => remote.enrolAnew(code),
    signIn: (username, password) => remote.signIn(username, password),
    setPin: (pin) => remote.setPin(pin),
    unlock: (accountId, pin) => remote.unlock(accountId, pin),
    lock: () => remote.lock(),
    signOut: () => remote.signOut(),
    reference: () => remote.reference(),
    saveDraft: (draft) => remote.saveDraft(draft),
    draft: (id) => remote.draft(id),
    deleteDraft: (id) => remote.deleteDraft(id),
    savePhoto: (bytes, mime) => remote.savePhoto(bytes, mime),
    photo: (sha256) => remote.photo(sha256),
    receive: (draftId) => remote.receive(draftId),
    act: (caseId, type, input) => remote.act(caseId, type, input),
    edit: (caseId, fields, materials) => remote.edit(caseId, fields, materials),
    fetchCase: (number, reason) => remote.fetchCase(number, reason),
    keepWords: (caseId, type, words) => remote.keepWords(caseId, type, words),
    wordsOf: (caseId, type) => remote.wordsOf(caseId, type),
    dropWords: (caseId, type) => remote.dropWords(caseId, type),
    cases: (query) => remote.cases(query),
    caseView: (id) => remote.caseView(id),
    outbox: () => remote.outbox(),
    exportUnsent: (passphrase) => remote.exportUnsent(passphrase),
    former: () => remote.former(),
    renew: (caseId) => remote.renew(caseId),
    takeNote: (seqs) => remote.takeNote(seqs),
    syncNow: () => remote.syncNow(),
  };
}

function readPassport(): Passport | null {
  const text = localStorage.getItem(PASSPORT);
  if (text === null) return null;
  try {
    const value = JSON.parse(text) as Partial<Passport>;
    const { device = 0, lastSeq = 0, unsent = 0 } = value;
    return { device, lastSeq, unsent };
  } catch {
    // Somebody has written something else there: it says nothing of this tablet.
    return null;
  }
}

function writePassport(passport: Passport): void {
  localStorage.setItem(PASSPORT, JSON.stringify(passport));
}
