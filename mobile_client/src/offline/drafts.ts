import type { StoreRef, Text } from '../api/types'
import type { Database } from './db'
import type { Draft, DraftAnswer } from './model'

export interface NewDraft {
  visit_id: string
  person_id: string
  store: StoreRef
  checklist_version_id: string
  checklist_title: Text
  planned_for: string | null
  known: boolean
  /** As the server has it, when the visit was begun elsewhere; null: it begins now. */
  started_at: string | null
}

export const EMPTY_ANSWER: DraftAnswer = { value: null, comment: '', not_applicable: false }

/** Starts a visit on this phone; a visit already started here is returned as it is. */
export async function startDraft(db: Database, parts: NewDraft, now: Date): Promise<Draft> {
  const tx = db.transaction('drafts', 'readwrite')
  const known = await tx.store.get(parts.visit_id)
  if (known) return known
  const at = now.toISOString()
  const draft: Draft = { ...parts, started_at: parts.started_at ?? at, updated_at: at, state: 'open', answers: {}, finished_at: null }
  await tx.store.put(draft)
  await tx.done
  return draft
}

/**
 * Saves one tap. Read and write are one transaction, so that two tabs on the same visit do not undo each other.
 * A sealed visit does not change: what was handed over is what is sent.
 */
export async function saveAnswer(
  db: Database,
  visitId: string,
  itemId: string,
  change: Partial<DraftAnswer>,
  now: Date,
): Promise<Draft> {
  const tx = db.transaction('drafts', 'readwrite')
  const draft = await tx.store.get(visitId)
  if (!draft) throw new Error(`no draft of visit ${visitId} on this phone`)
  if (draft.state === 'open') {
    draft.answers[itemId] = { ...EMPTY_ANSWER, ...draft.answers[itemId], ...change }
    draft.updated_at = now.toISOString()
    await tx.store.put(draft)
  }
  await tx.done
  return draft
}

export async function draftsOf(db: Database, personId: string): Promise<Draft[]> {
  const all = await db.getAll('drafts')
  return all.filter((draft) => draft.person_id === personId).sort((a, b) => (a.updated_at < b.updated_at ? 1 : -1))
}
