import type { ChecklistSummary, OrgNode, Page, StoreRef, Text, VisitSummary } from '../api/types'
import { app } from '../app/context'
import { outbox } from '../app/outbox.svelte'
import { prepareProof } from '../app/proof.svelte'
import { session } from '../app/session.svelte'
import { startDraft } from '../offline/drafts'
import { newId } from '../offline/ids'
import { enqueueVisit } from '../offline/outbox'
import { keepVersions } from './ahead'

export interface Beginning {
  visit_id?: string
  store: StoreRef
  checklist_version_id: string
  checklist_title: Text
  planned_for?: string | null
  started_at?: string | null
  /** Planned or begun on the server already. */
  known?: boolean
}

/** Begins a visit on this phone, online or not. Returns its id. */
export async function beginVisit(parts: Beginning): Promise<string> {
  const draft = await startDraft(
    app().db,
    {
      visit_id: parts.visit_id ?? newId(),
      person_id: session.personId,
      store: { id: parts.store.id, name: { ...parts.store.name }, code: parts.store.code },
      checklist_version_id: parts.checklist_version_id,
      checklist_title: { ...parts.checklist_title },
      planned_for: parts.planned_for ?? null,
      started_at: parts.started_at ?? null,
      known: parts.known ?? false,
    },
    new Date(),
  )
  await enqueueVisit(app().db, draft, new Date())
  outbox.changed()
  void prepareProof(draft.store.id)
  // A phone that is asked to hold work should not be allowed to clear it.
  void navigator.storage?.persist?.()
  return draft.visit_id
}

export async function storesAndChecklists(): Promise<{ stores: OrgNode[]; checklists: ChecklistSummary[] }> {
  const [stores, checklists] = await Promise.all([
    app().client.get<Page<OrgNode>>('/org/nodes', { kind: 'store', limit: 200 }),
    app().client.get<Page<ChecklistSummary>>('/checklists', { limit: 100 }),
  ])
  return { stores: stores.items, checklists: checklists.items }
}

/** Fetches while there is a network what a visit needs where there is none: the row itself is in the list's own copy. */
export async function prepareForOffline(visits: VisitSummary[], checklists: ChecklistSummary[]): Promise<void> {
  const ids = [
    ...visits.filter((visit) => visit.state !== 'submitted').map((visit) => visit.checklist_version_id),
    ...checklists.flatMap((checklist) => checklist.latest_version_id ?? []),
  ]
  await keepVersions(app().db, (path) => app().client.get(path), ids)
}
