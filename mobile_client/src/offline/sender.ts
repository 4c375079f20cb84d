import type { Database } from './db'
import { confirmMedia } from './media'
import type { Entry, Media } from './model'
import { bodyOf, type NoteBody } from './notes'
import { bySeq, entriesOf } from './outbox'
import { BytesGone, HashDiffers, judge, type Outcome } from './outcome'

export interface UploadProgress {
  /** Address of the upload, to go on from after a kill. */
  onUrl: (url: string) => void
  onSent: (bytes: number) => void
}

/** The way to the server; a fake in tests. Throws Unreachable or ServerProblem. */
export interface Transport {
  putVisit(visitId: string, body: unknown): Promise<void>
  submitVisit(visitId: string, body: unknown): Promise<void>
  /** Sends one correction of a voice note under its own id. */
  correctNote(changeId: string, body: NoteBody): Promise<void>
  /** Returns the hash the server read back from its storage, or null where it did not say. */
  upload(media: Media, bytes: ArrayBuffer, uploadUrl: string | null, progress: UploadProgress): Promise<string | null>
}

export interface SenderParts {
  db: Database
  transport: Transport
  personId: string
  now: () => number
  /** Called after each write, so that screens show it. */
  onChange: () => void
  /** True when sending should pause (signed out, page going away). */
  stopped: () => boolean
}

export type RunEnd = { why: 'idle'; nextAt: number | null } | { why: 'sign_in' } | { why: 'stopped' }

/**
 * Sends what can be sent, one after the other, until nothing is ready. Call it only while holding the outbox lock:
 * an entry found in "sending" is then the trace of a killed page, and goes back to waiting.
 */
export async function runOutbox(parts: SenderParts): Promise<RunEnd> {
  await reviveKilled(parts)
  for (;;) {
    if (parts.stopped()) return { why: 'stopped' }
    const entries = await entriesOf(parts.db, parts.personId)
    const entry = nextReady(entries, parts.now())
    if (!entry) return { why: 'idle', nextAt: earliest(entries) }
    const outcome = await attempt(parts, entry)
    if (outcome?.next === 'sign_in') return { why: 'sign_in' }
  }
}

/** First waiting entry whose time has come and whose dependencies are done. One stuck visit holds up no other. */
export function nextReady(entries: Entry[], now: number): Entry | undefined {
  const done = new Set(entries.filter((entry) => entry.state === 'done').map((entry) => entry.id))
  return entries
    .toSorted(bySeq)
    .find((entry) => entry.state === 'waiting' && entry.next_at <= now && entry.after.every((id) => done.has(id)))
}

function earliest(entries: Entry[]): number | null {
  const done = new Set(entries.filter((entry) => entry.state === 'done').map((entry) => entry.id))
  const times = entries
    .filter((entry) => entry.state === 'waiting' && entry.after.every((id) => done.has(id)))
    .map((entry) => entry.next_at)
  return times.length > 0 ? Math.min(...times) : null
}

async function reviveKilled(parts: SenderParts): Promise<void> {
  for (const entry of await entriesOf(parts.db, parts.personId)) {
    if (entry.state === 'sending') await change(parts, entry.id, { state: 'waiting' })
  }
}

async function attempt(parts: SenderParts, entry: Entry): Promise<Outcome | null> {
  await change(parts, entry.id, { state: 'sending' })
  try {
    await send(parts, entry)
  } catch (error) {
    const outcome = judge(error, entry)
    await change(parts, entry.id, afterTrouble(entry, outcome, parts.now()))
    return outcome
  }
  await finish(parts, entry)
  return null
}

async function send(parts: SenderParts, entry: Entry): Promise<void> {
  switch (entry.kind) {
    case 'visit':
      return parts.transport.putVisit(entry.group, entry.body)
    case 'submit':
      return parts.transport.submitVisit(entry.group, entry.body)
    case 'note':
      return parts.transport.correctNote(entry.id.slice('note:'.length), bodyOf(entry))
    case 'upload':
      return sendUpload(parts, entry)
  }
}

async function sendUpload(parts: SenderParts, entry: Entry): Promise<void> {
  const id = entry.id.slice('upload:'.length)
  const media = await parts.db.get('media', id)
  const bytes = await parts.db.get('bytes', id)
  // Confirmed, but the page was killed before the entry said so.
  if (media?.confirmed) return
  if (!media || !bytes) throw new BytesGone()
  // Writes follow one another; a late progress note must not land after the final state.
  let writes = Promise.resolve()
  const note = (fields: Partial<Entry>) => {
    writes = writes.then(() => change(parts, entry.id, fields, 'sending'))
  }
  try {
    const theirs = await parts.transport.upload(media, bytes, entry.upload_url, {
      onUrl: (upload_url) => note({ upload_url }),
      onSent: (sent_bytes) => note({ sent_bytes }),
    })
    if (theirs?.toLowerCase() !== media.sha256) throw new HashDiffers()
  } finally {
    await writes
  }
  await confirmMedia(parts.db, id)
}

/** The visit's own draft becomes "sent" in the same transaction as its submit becomes done. */
async function finish(parts: SenderParts, entry: Entry): Promise<void> {
  const tx = parts.db.transaction(['outbox', 'drafts'], 'readwrite')
  const current = await tx.objectStore('outbox').get(entry.id)
  if (current) {
    await tx.objectStore('outbox').put({
      ...current,
      state: 'done',
      trouble: null,
      sent_bytes: current.total_bytes,
      done_at: new Date(parts.now()).toISOString(),
    })
  }
  if (entry.kind === 'submit') {
    const draft = await tx.objectStore('drafts').get(entry.group)
    if (draft) await tx.objectStore('drafts').put({ ...draft, state: 'sent' })
  }
  await tx.done
  parts.onChange()
}

function afterTrouble(entry: Entry, outcome: Outcome, now: number): Partial<Entry> {
  const attempts = entry.attempts + 1
  switch (outcome.next) {
    case 'wait':
      return { state: 'waiting', trouble: outcome.trouble, attempts, next_at: now + outcome.waitMs }
    case 'anew':
      return {
        state: 'waiting',
        trouble: outcome.trouble,
        attempts,
        next_at: now + outcome.waitMs,
        upload_url: null,
        sent_bytes: 0,
      }
    case 'sign_in':
      return { state: 'waiting', trouble: outcome.trouble }
    case 'fail':
      return { state: 'failed', trouble: outcome.trouble, attempts }
  }
}

/** Changes an entry if it still exists (the person may have taken it out) and, where asked, is still in that state. */
async function change(parts: SenderParts, id: string, fields: Partial<Entry>, only?: Entry['state']): Promise<void> {
  const tx = parts.db.transaction('outbox', 'readwrite')
  const entry = await tx.store.get(id)
  if (entry && (!only || entry.state === only)) await tx.store.put({ ...entry, ...fields })
  await tx.done
  parts.onChange()
}
