import type { Text } from '../api/types'
import type { Database } from './db'
import { mediaFrom, type NewMedia, putMedia } from './media'
import type { Media } from './model'

/** Where a recording belongs, and what it is; written when it starts. The voice note it becomes has the same id. */
export interface RecordingHead {
  id: string
  person_id: string
  group: string
  item_id: string | null
  label: Text
  media_type: string
  filename: string
  captured_at: string
}

interface Piece {
  bytes: ArrayBuffer
}

/** Another tab has made a note of this recording meanwhile: what is spoken from here on would belong to nothing. */
export class RecordingOver extends Error {
  constructor() {
    super('the recording has already become a voice note')
    this.name = 'RecordingOver'
  }
}

/** Name of the lock that the tab holds while it records. */
export const recordingLock = (id: string) => `recording:${id}`

const headKey = (id: string) => `recording ${id}`
const pieceKey = (id: string, n: number) => `piece ${id} ${String(n).padStart(6, '0')}`
const piecesOf = (id: string) => IDBKeyRange.bound(`piece ${id} `, `piece ${id} ~`)

export async function beginRecording(db: Database, head: RecordingHead): Promise<void> {
  await db.put('kv', head, headKey(head.id))
}

/** Each second of speech is kept as it comes, so that a killed page loses a second and not ten minutes. */
export async function keepPiece(db: Database, id: string, n: number, bytes: ArrayBuffer): Promise<void> {
  const tx = db.transaction('kv', 'readwrite')
  const begun = (await tx.store.count(headKey(id))) > 0
  if (begun) await tx.store.put({ bytes } satisfies Piece, pieceKey(id, n))
  await tx.done
  if (!begun) throw new RecordingOver()
}

/**
 * Puts the pieces together as one voice note on its way to the server. The note appears and the pieces go in one
 * transaction, and the note has the recording's id: finishing again, here or in another tab, changes nothing. When it fails
 * (no room for both) the pieces stay. Returns null where nothing was recorded.
 */
export async function finishRecording(db: Database, id: string, duration_s: number | null, now: Date): Promise<Media | null> {
  const head = (await db.get('kv', headKey(id))) as RecordingHead | undefined
  const pieces = (await db.getAll('kv', piecesOf(id))) as Piece[]
  const note = head && pieces.length > 0 ? noteOf(head, pieces, duration_s) : null
  // Hashed before: a transaction does not wait for it.
  const media = note && (await mediaFrom(note, id))
  const tx = db.transaction(['kv', 'media', 'bytes', 'outbox'], 'readwrite')
  const kv = tx.objectStore('kv')
  if ((await kv.count(headKey(id))) > 0) {
    if (note && media) await putMedia(tx, media, note, now)
    await kv.delete(headKey(id))
    await kv.delete(piecesOf(id))
  }
  const kept = (await tx.objectStore('media').get(id)) ?? null
  await tx.done
  return kept
}

function noteOf({ id: _, ...head }: RecordingHead, pieces: Piece[], duration_s: number | null): NewMedia {
  const bytes = join(pieces.map((piece) => piece.bytes))
  return { ...head, kind: 'voice', bytes, source: 'camera', duration_s: duration_s ?? pieces.length, thumb: null }
}

/**
 * Saves what killed pages left behind; one call at a time among all tabs. What a living tab still records is left alone, and
 * what there is no room for stays. Returns how many were saved, and whether some have to be looked at again later.
 */
export async function recoverRecordings(
  db: Database,
  personId: string,
  now: Date,
  held: (lock: string) => Promise<boolean>,
): Promise<{ saved: number; later: boolean }> {
  const heads = (await db.getAll('kv', IDBKeyRange.bound('recording ', 'recording ~'))) as RecordingHead[]
  let saved = 0
  let later = false
  for (const { id } of heads.filter((one) => one.person_id === personId)) {
    if (await held(recordingLock(id))) later = true
    else if (await finishIfRoom(db, id, now)) saved++
    else later ||= (await db.count('kv', headKey(id))) > 0
  }
  return { saved, later }
}

async function finishIfRoom(db: Database, id: string, now: Date): Promise<boolean> {
  try {
    return (await finishRecording(db, id, null, now)) !== null
  } catch (error) {
    if (!isFull(error)) throw error
    return false
  }
}

/** The phone's storage, or the share of it that this app may use, is full. */
export function isFull(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'QuotaExceededError'
}

function join(parts: ArrayBuffer[]): ArrayBuffer {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0))
  let at = 0
  for (const part of parts) {
    out.set(new Uint8Array(part), at)
    at += part.byteLength
  }
  return out.buffer
}
