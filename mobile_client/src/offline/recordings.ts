import type { Text } from '../api/types'
import type { Database } from './db'
import { keepMedia } from './media'
import type { Media } from './model'

/** Where a recording belongs, and what it is; written when it starts. */
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
  at: number
}

/** A recording that got no piece for so long is not running in any tab: its page was killed. */
export const ABANDONED_MS = 10_000

const headKey = (id: string) => `recording ${id}`
const pieceKey = (id: string, n: number) => `piece ${id} ${String(n).padStart(6, '0')}`
const piecesOf = (id: string) => IDBKeyRange.bound(`piece ${id} `, `piece ${id} ~`)

export async function beginRecording(db: Database, head: RecordingHead): Promise<void> {
  await db.put('kv', head, headKey(head.id))
}

/** Each second of speech is kept as it comes, so that a killed page loses a second and not ten minutes. */
export async function keepPiece(db: Database, id: string, n: number, bytes: ArrayBuffer, now: number): Promise<void> {
  await db.put('kv', { bytes, at: now } satisfies Piece, pieceKey(id, n))
}

/** Puts the pieces together as one voice note on its way to the server, and clears them away. */
export async function finishRecording(db: Database, id: string, duration_s: number | null, now: Date): Promise<Media | null> {
  const head = (await db.get('kv', headKey(id))) as RecordingHead | undefined
  const pieces = (await db.getAll('kv', piecesOf(id))) as Piece[]
  if (!head) return null
  const bytes = join(pieces.map((piece) => piece.bytes))
  const { id: _, ...rest } = head
  const kept =
    bytes.byteLength > 0
      ? await keepMedia(db, { ...rest, kind: 'voice', bytes, source: 'camera', duration_s: duration_s ?? pieces.length, thumb: null }, now)
      : null
  await discardRecording(db, id)
  return kept
}

export async function discardRecording(db: Database, id: string): Promise<void> {
  const tx = db.transaction('kv', 'readwrite')
  await tx.store.delete(headKey(id))
  await tx.store.delete(piecesOf(id))
  await tx.done
}

/** Saves what killed pages left behind. Returns how many were saved and whether one may still be running somewhere. */
export async function recoverRecordings(db: Database, personId: string, now: Date): Promise<{ saved: number; running: boolean }> {
  const heads = (await db.getAll('kv', IDBKeyRange.bound('recording ', 'recording ~'))) as RecordingHead[]
  let saved = 0
  let running = false
  for (const head of heads.filter((one) => one.person_id === personId)) {
    const pieces = (await db.getAll('kv', piecesOf(head.id))) as Piece[]
    const last = pieces.at(-1)?.at ?? Date.parse(head.captured_at)
    if (last > now.getTime() - ABANDONED_MS) running = true
    else if (await finishRecording(db, head.id, null, now)) saved++
  }
  return { saved, running }
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
