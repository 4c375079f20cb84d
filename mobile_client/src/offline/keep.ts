import type { Database } from './db'
import type { Draft, Entry, Media } from './model'
import { zip, type ZipFile } from './zip'

const KEEP_SENT_MS = 7 * 24 * 3600_000

/** Everything the server does not have yet, in one file: visits as JSON, photos and recordings as they were taken. */
export async function exportUnsent(db: Database, now: Date): Promise<Uint8Array<ArrayBuffer>> {
  const drafts = (await db.getAll('drafts')).filter((draft) => draft.state !== 'sent')
  const entries = (await db.getAll('outbox')).filter((entry) => entry.state !== 'done')
  const media = (await db.getAll('media')).filter((one) => !one.confirmed)
  const files: ZipFile[] = [{ name: 'unsent.json', bytes: describe(drafts, entries, media, now) }]
  for (const one of media) {
    const bytes = await db.get('bytes', one.id)
    if (bytes) files.push({ name: `${one.kind}/${one.id}.${extension(one)}`, bytes: new Uint8Array(bytes) })
  }
  return zip(files, now)
}

function describe(drafts: Draft[], entries: Entry[], media: Media[], now: Date): Uint8Array {
  const withoutThumbs = media.map(({ thumb: _, ...rest }) => rest)
  const json = JSON.stringify({ exported_at: now.toISOString(), visits: drafts, outbox: entries, media: withoutThumbs }, null, 2)
  return new TextEncoder().encode(json)
}

function extension({ filename, media_type }: Media): string {
  const named = /\.(\w{1,5})$/.exec(filename)?.[1]
  return (named ?? media_type.split('/')[1]?.split(';')[0] ?? 'bin').toLowerCase()
}

/** Sent visits and done entries stay a week for looking back, then make room. Nothing unsent is ever touched. */
export async function pruneSent(db: Database, now: number): Promise<void> {
  const old = (at: string | null) => at !== null && Date.parse(at) < now - KEEP_SENT_MS
  const tx = db.transaction(['drafts', 'media', 'outbox'], 'readwrite')
  const entries = await tx.objectStore('outbox').getAll()
  const open = new Set(entries.filter((entry) => entry.state !== 'done').map((entry) => entry.group))
  const gone = new Set<string>()
  for (const entry of entries) {
    // A done entry is needed as long as another of its group waits for it.
    if (entry.state !== 'done' || open.has(entry.group) || !old(entry.done_at)) continue
    const draft = await tx.objectStore('drafts').get(entry.group)
    if (draft && draft.state !== 'sent') continue
    await tx.objectStore('outbox').delete(entry.id)
    await tx.objectStore('drafts').delete(entry.group)
    gone.add(entry.group)
  }
  for (const media of await tx.objectStore('media').getAll()) {
    if (media.confirmed && gone.has(media.group)) await tx.objectStore('media').delete(media.id)
  }
  await tx.done
}

export interface UnsentCount {
  visits: number
  files: number
  /** Belongs to somebody else who used this phone. */
  others: number
}

export async function countUnsent(db: Database, personId: string): Promise<UnsentCount> {
  const drafts = (await db.getAll('drafts')).filter((draft) => draft.state !== 'sent')
  const files = (await db.getAll('media')).filter((media) => !media.confirmed)
  const mine = <T extends { person_id: string }>(rows: T[]) => rows.filter((row) => row.person_id === personId).length
  const all = drafts.length + files.length
  return { visits: mine(drafts), files: mine(files), others: all - mine(drafts) - mine(files) }
}
