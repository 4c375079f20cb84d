import type { Text, VoiceNote } from '../api/types'
import type { Database } from './db'
import { type Entry, entryId, type NoteChange } from './model'
import { bySeq, putEntry } from './outbox'

/** What an entry of kind "note" carries. The request's id is the entry's, so that a retry is the same correction. */
export interface NoteBody {
  note_id: string
  version: number
  change: NoteChange
}

export interface Who {
  person_id: string
  /** Name of the store, shown in the outbox. */
  label: Text
}

/** A person's changes of one note, in the order in which they were made here; those the server has, too. */
export function changesOf(entries: Entry[], noteId: string, personId: string): Entry[] {
  return entries.filter((entry) => entry.kind === 'note' && entry.person_id === personId && bodyOf(entry).note_id === noteId).toSorted(bySeq)
}

export function bodyOf(entry: Entry): NoteBody {
  return entry.body as NoteBody
}

/** Each change is based on the one before it, whether the server has that already or not. */
export function nextVersion(note: Pick<VoiceNote, 'version'>, changes: Entry[]): number {
  return Math.max(note.version, ...changes.map((entry) => bodyOf(entry).version + 1))
}

/** Keeps a change of a note and hands it to the outbox. */
export async function keepChange(db: Database, id: string, note: VoiceNote, change: NoteChange, who: Who, now: Date): Promise<void> {
  const tx = db.transaction('outbox', 'readwrite')
  const changes = changesOf(await tx.store.getAll(), note.id, who.person_id)
  const body: NoteBody = { note_id: note.id, version: nextVersion(note, changes), change }
  const before = changes.filter((entry) => entry.state !== 'done').map((entry) => entry.id)
  await putEntry(tx.store, { id: entryId.note(id), kind: 'note', group: note.visit_id, after: before, body, total_bytes: 0, ...who }, now)
  await tx.done
}

/** Another's word, that a refused change met, is what the page shows now: until then there is nothing to decide on. */
export function showsTheirs(note: Pick<VoiceNote, 'version'>, refused: Entry): boolean {
  return note.version > bodyOf(refused).version
}

/** The person has seen what another said, and stays with their own: their changes go out again, on top of the other's. */
export async function insist(db: Database, noteId: string, personId: string, version: number): Promise<void> {
  const tx = db.transaction('outbox', 'readwrite')
  const open = changesOf(await tx.store.getAll(), noteId, personId).filter((entry) => entry.state !== 'done')
  for (const [n, entry] of open.entries()) {
    await tx.store.put({ ...entry, body: { ...bodyOf(entry), version: version + n }, state: 'waiting', attempts: 0, next_at: 0, trouble: null })
  }
  await tx.done
}

/** The person lets the other's word stand: what was not sent of theirs is forgotten. */
export async function yieldTo(db: Database, noteId: string, personId: string): Promise<void> {
  const tx = db.transaction('outbox', 'readwrite')
  for (const entry of changesOf(await tx.store.getAll(), noteId, personId)) {
    if (entry.state === 'waiting' || entry.state === 'failed') await tx.store.delete(entry.id)
  }
  await tx.done
}
