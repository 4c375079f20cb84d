import 'fake-indexeddb/auto'
import { ServerProblem, Unreachable } from '../../src/api/problems'
import { type Database, openDatabase } from '../../src/offline/db'
import { startDraft } from '../../src/offline/drafts'
import { keepMedia, type NewMedia } from '../../src/offline/media'
import type { Draft, Media } from '../../src/offline/model'
import type { NoteBody } from '../../src/offline/notes'
import { enqueueVisit } from '../../src/offline/outbox'
import { runOutbox, type SenderParts, type Transport } from '../../src/offline/sender'
import { sha256Hex } from '../../src/offline/sha256'

export const ME = 'person-1'
export const START = Date.parse('2026-11-22T08:00:00Z')
export const STORE = { id: 'store-1', name: { zh: '人民路店', en: 'Renmin Road' }, code: 'S001' }

let count = 0
export const freshDatabase = (): Promise<Database> => openDatabase(`test-${++count}`)

export async function visitWith(db: Database, photos: number, visit_id = 'visit-1'): Promise<{ draft: Draft; media: Media[] }> {
  const parts = { visit_id, person_id: ME, store: STORE, checklist_version_id: 'v1', checklist_title: STORE.name, planned_for: null, known: false, started_at: null }
  const draft = await startDraft(db, parts, new Date(START))
  await enqueueVisit(db, draft, new Date(START))
  const media: Media[] = []
  for (let i = 0; i < photos; i++) media.push(await keepMedia(db, photo(visit_id, `photo ${i}`), new Date(START + 1 + i)))
  return { draft, media }
}

export function photo(group: string, content: string): NewMedia {
  return {
    kind: 'photo',
    person_id: ME,
    group,
    item_id: 'item-1',
    label: STORE.name,
    bytes: new TextEncoder().encode(content).buffer as ArrayBuffer,
    filename: 'shelf.jpg',
    media_type: 'image/jpeg',
    captured_at: new Date(START).toISOString(),
    source: 'camera',
    duration_s: null,
    thumb: null,
  }
}

/** A server in a few lines: keeps what it was sent, fails as told. */
export class FakeServer implements Transport {
  calls: string[] = []
  files = new Map<string, ArrayBuffer>()
  submitted = new Map<string, unknown>()
  corrections: NoteBody[] = []
  /** Errors to throw, by call ("visit", "submit", "upload"), the first one first. */
  troubles: Record<string, Error[]> = {}
  resumedFrom: (string | null)[] = []
  damageNext = 0

  async putVisit(id: string): Promise<void> {
    this.#call('visit', id)
  }

  async submitVisit(id: string, body: unknown): Promise<void> {
    this.#call('submit', id)
    this.submitted.set(id, body)
  }

  async correctNote(id: string, body: NoteBody): Promise<void> {
    this.#call('note', id)
    this.corrections.push(body)
  }

  async upload(media: Media, bytes: ArrayBuffer, url: string | null, progress: Parameters<Transport['upload']>[3]): Promise<string> {
    this.resumedFrom.push(url)
    progress.onUrl(`/uploads/${media.id}`)
    progress.onSent(1)
    this.#call('upload', media.id)
    this.files.set(media.id, bytes)
    return this.damageNext-- > 0 ? 'f'.repeat(64) : sha256Hex(bytes)
  }

  #call(kind: string, id: string): void {
    this.calls.push(`${kind} ${id}`)
    const trouble = this.troubles[kind]?.shift()
    if (trouble) throw trouble
  }
}

export function sender(db: Database, transport: Transport, clock = { now: START }): SenderParts {
  return { db, transport, personId: ME, now: () => clock.now, onChange: () => undefined, stopped: () => false }
}

/** Runs until nothing is left to wait for, moving the clock to each next attempt. */
export async function runToEnd(parts: SenderParts, clock: { now: number }, rounds = 10): Promise<void> {
  for (let i = 0; i < rounds; i++) {
    const end = await runOutbox(parts)
    if (end.why !== 'idle' || end.nextAt === null) return
    clock.now = Math.max(clock.now, end.nextAt)
  }
}

export const offline = () => new Unreachable()
export const problem = (status: number, code: string, detail = code) => new ServerProblem(status, code, code, detail)

/** The same database on a phone without room: reading works, a transaction that writes does not. */
export function fullPhone(db: Database): Database {
  return new Proxy(db, {
    get(target, name) {
      if (name === 'transaction') return () => { throw new DOMException('the storage is full', 'QuotaExceededError') }
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
