import type { Answer, Text } from '../api/types'
import type { Database } from './db'
import { type Draft, type Entry, type EntryKind, entryId, type Media } from './model'

/** The `outbox` store inside whatever transaction the caller has open. */
export interface OutboxStore {
  get(id: string): Promise<Entry | undefined>
  put?: ((entry: Entry) => Promise<unknown>) | undefined
}

export interface NewEntry {
  id: string
  kind: EntryKind
  person_id: string
  group: string
  label: Text
  after: string[]
  body: unknown
  total_bytes: number
}

/** PUT of the visit: everything else of the visit waits for it. One that the server knows already counts as done. */
export async function enqueueVisit(db: Database, draft: Draft, now: Date): Promise<void> {
  const tx = db.transaction('outbox', 'readwrite')
  await putEntry(
    tx.store,
    {
      id: entryId.visit(draft.visit_id),
      kind: 'visit',
      person_id: draft.person_id,
      group: draft.visit_id,
      label: draft.store.name,
      after: [],
      body: {
        store_id: draft.store.id,
        checklist_version_id: draft.checklist_version_id,
        ...(draft.planned_for ? { planned_for: draft.planned_for } : {}),
        started_at: draft.started_at,
      },
      total_bytes: 0,
    },
    now,
    draft.known,
  )
  await tx.done
}

export async function enqueueUpload(store: OutboxStore, media: Media, label: Text, now: Date): Promise<void> {
  const entry: NewEntry = {
    id: entryId.upload(media.id),
    kind: 'upload',
    person_id: media.person_id,
    group: media.group,
    label,
    after: media.kind === 'after' ? [] : [entryId.visit(media.group)],
    body: null,
    total_bytes: media.size,
  }
  await putEntry(store, entry, now)
}

/**
 * Seals the visit and hands it over: draft and entry change in one transaction. The answers are copied as they are now;
 * which photos go with them is fixed by what the submit waits for.
 */
export async function submitVisit(db: Database, visitId: string, now: Date): Promise<void> {
  const tx = db.transaction(['drafts', 'media', 'outbox'], 'readwrite')
  const draft = await tx.objectStore('drafts').get(visitId)
  if (!draft) throw new Error(`no draft of visit ${visitId} on this phone`)
  if (draft.state === 'open') {
    const media = await tx.objectStore('media').index('group').getAll(visitId)
    draft.state = 'sealed'
    draft.finished_at = now.toISOString()
    await tx.objectStore('drafts').put(draft)
    await putEntry(tx.objectStore('outbox'), submitEntry(draft, media), now)
  }
  await tx.done
}

function submitEntry(draft: Draft, media: Media[]): NewEntry {
  const ids = (kind: Media['kind']) => media.filter((m) => m.kind === kind).map((m) => m.id).sort()
  return {
    id: entryId.submit(draft.visit_id),
    kind: 'submit',
    person_id: draft.person_id,
    group: draft.visit_id,
    label: draft.store.name,
    after: [entryId.visit(draft.visit_id), ...media.map((m) => entryId.upload(m.id)).sort()],
    body: {
      answers: answersOf(draft),
      finished_at: draft.finished_at,
      photo_ids: ids('photo'),
      note_ids: ids('voice'),
    },
    total_bytes: 0,
  }
}

function answersOf(draft: Draft): Answer[] {
  return Object.entries(draft.answers)
    .filter(([, answer]) => answer.value !== null || answer.not_applicable || answer.comment.trim() !== '')
    .map(([item_id, answer]) => ({
      item_id,
      value: answer.not_applicable ? null : answer.value,
      comment: answer.comment.trim(),
      not_applicable: answer.not_applicable,
    }))
}

/** Takes a sealed visit back to be corrected. Not while it is being sent, nor after. */
export async function reopenVisit(db: Database, visitId: string): Promise<boolean> {
  const tx = db.transaction(['drafts', 'outbox'], 'readwrite')
  const draft = await tx.objectStore('drafts').get(visitId)
  const entry = await tx.objectStore('outbox').get(entryId.submit(visitId))
  const possible = draft?.state === 'sealed' && (entry?.state === 'waiting' || entry?.state === 'failed')
  if (draft && possible) {
    await tx.objectStore('drafts').put({ ...draft, state: 'open', finished_at: null })
    await tx.objectStore('outbox').delete(entryId.submit(visitId))
  }
  await tx.done
  return possible
}

/** By hand: try a failed or waiting entry again at once. A damaged or expired upload starts anew. */
export async function retryNow(db: Database, id: string): Promise<void> {
  const tx = db.transaction('outbox', 'readwrite')
  const entry = await tx.store.get(id)
  if (entry && (entry.state === 'failed' || entry.state === 'waiting')) {
    const anew = entry.state === 'failed' ? { upload_url: null, sent_bytes: 0 } : {}
    await tx.store.put({ ...entry, ...anew, state: 'waiting', attempts: 0, next_at: 0 })
  }
  await tx.done
}

/**
 * There is a network again (or the app is looked at again): what only waited for the server to be reachable goes at once,
 * however long its pause had grown meanwhile.
 */
export async function networkBack(db: Database): Promise<void> {
  const tx = db.transaction('outbox', 'readwrite')
  for (const entry of await tx.store.getAll()) {
    if (entry.state === 'waiting' && entry.trouble?.kind === 'unreachable') await tx.store.put({ ...entry, attempts: 0, next_at: 0 })
  }
  await tx.done
}

/**
 * The person decides to send the visit without a file the server will not take. The file stays on the phone until they
 * delete it or save it elsewhere; only the submit stops waiting for it and naming it.
 */
export async function leaveOut(db: Database, mediaId: string): Promise<void> {
  const tx = db.transaction(['outbox', 'media'], 'readwrite')
  const upload = await tx.objectStore('outbox').get(entryId.upload(mediaId))
  if (upload?.state === 'failed') {
    const submit = await tx.objectStore('outbox').get(entryId.submit(upload.group))
    if (submit && submit.state !== 'done') await tx.objectStore('outbox').put(withoutMedia(submit, mediaId))
    await tx.objectStore('outbox').delete(upload.id)
    const media = await tx.objectStore('media').get(mediaId)
    if (media) await tx.objectStore('media').put({ ...media, group: `left-out:${media.group}` })
  }
  await tx.done
}

function withoutMedia(submit: Entry, mediaId: string): Entry {
  const body = submit.body as { photo_ids: string[]; note_ids: string[] }
  const keep = (ids: string[]) => ids.filter((id) => id !== mediaId)
  return {
    ...submit,
    after: submit.after.filter((id) => id !== entryId.upload(mediaId)),
    body: { ...body, photo_ids: keep(body.photo_ids), note_ids: keep(body.note_ids) },
  }
}

export async function entriesOf(db: Database, personId: string): Promise<Entry[]> {
  return (await db.getAll('outbox')).filter((entry) => entry.person_id === personId).sort(bySeq)
}

export function bySeq(a: Entry, b: Entry): number {
  return a.seq - b.seq || (a.id < b.id ? -1 : 1)
}

export async function putEntry(store: OutboxStore, parts: NewEntry, now: Date, done = false): Promise<void> {
  if (await store.get(parts.id)) return
  const entry: Entry = {
    ...parts,
    state: done ? 'done' : 'waiting',
    seq: now.getTime(),
    attempts: 0,
    next_at: 0,
    trouble: null,
    upload_url: null,
    sent_bytes: 0,
    created_at: now.toISOString(),
    done_at: done ? now.toISOString() : null,
  }
  await store.put?.(entry)
}
