import type { Text } from '../api/types'
import type { Flaw } from '../media/quality'
import type { Database } from './db'
import { newId } from './ids'
import { enqueueUpload, type OutboxStore } from './outbox'
import { entryId, type Media, type MediaKind } from './model'
import type { Proof } from './proof'
import { sha256Hex } from './sha256'

export interface NewMedia {
  kind: MediaKind
  person_id: string
  group: string
  item_id: string | null
  label: Text
  bytes: ArrayBuffer
  filename: string
  media_type: string
  captured_at: string
  source: 'camera' | 'gallery'
  proof?: Proof
  duration_s: number | null
  thumb: ArrayBuffer | null
  flaws?: Flaw[] | null
}

/** Keeps an original and its way to the server in one transaction: no photo without its entry, no entry without its photo. */
export async function keepMedia(db: Database, parts: NewMedia, now: Date): Promise<Media> {
  const media = await mediaFrom(parts, newId(now.getTime()))
  const tx = db.transaction(['media', 'bytes', 'outbox'], 'readwrite')
  await putMedia(tx, media, parts, now)
  await tx.done
  return media
}

/** What is kept of an original, its fingerprint included. Hashing has to be done before a transaction: none waits for it. */
export async function mediaFrom({ bytes, label: _, ...rest }: NewMedia, id: string): Promise<Media> {
  return { ...rest, id, size: bytes.byteLength, sha256: await sha256Hex(bytes), confirmed: false }
}

interface MediaTransaction {
  objectStore(name: 'media'): { put(media: Media): Promise<unknown> }
  objectStore(name: 'bytes'): { put(bytes: ArrayBuffer, key: string): Promise<unknown> }
  objectStore(name: 'outbox'): OutboxStore
}

export async function putMedia(tx: MediaTransaction, media: Media, { bytes, label }: NewMedia, now: Date): Promise<void> {
  await tx.objectStore('media').put(media)
  await tx.objectStore('bytes').put(bytes, media.id)
  await enqueueUpload(tx.objectStore('outbox'), media, label, now)
}

/**
 * The person takes it out of the draft. Only while the server cannot have it: what was delivered stays delivered, and what
 * is on its way may be. Returns whether it was taken out.
 */
export async function dropMedia(db: Database, id: string): Promise<boolean> {
  const tx = db.transaction(['media', 'bytes', 'outbox'], 'readwrite')
  const media = await tx.objectStore('media').get(id)
  const entry = await tx.objectStore('outbox').get(entryId.upload(id))
  const possible = !media?.confirmed && entry?.state !== 'sending' && entry?.state !== 'done'
  if (possible) {
    await tx.objectStore('media').delete(id)
    await tx.objectStore('bytes').delete(id)
    await tx.objectStore('outbox').delete(entryId.upload(id))
  }
  await tx.done
  return possible
}

/** The server has read the same hash back: the original may go, the thumbnail stays for the screens. */
export async function confirmMedia(db: Database, id: string): Promise<void> {
  const tx = db.transaction(['media', 'bytes'], 'readwrite')
  const media = await tx.objectStore('media').get(id)
  if (media) await tx.objectStore('media').put({ ...media, confirmed: true })
  await tx.objectStore('bytes').delete(id)
  await tx.done
}

export async function mediaOf(db: Database, group: string): Promise<Media[]> {
  const all = await db.getAllFromIndex('media', 'group', group)
  return all.sort((a, b) => (a.id < b.id ? -1 : 1))
}
