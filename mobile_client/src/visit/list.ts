import type { StoreRef, Text, VisitSummary } from '../api/types'
import type { Draft } from '../offline/model'

export interface ListedVisit {
  id: string
  store: StoreRef
  checklist_title: Text
  /** "sending": handed over on this phone, not yet known to have arrived. */
  state: 'planned' | 'in_progress' | 'sending' | 'submitted'
  here: boolean
  answered: number
  planned_for: string | null
  at: string | null
  score: number | null
}

/** The server's visits and those of this phone as one list; where both know a visit, the later state counts. */
export function mergeVisits(visits: VisitSummary[], drafts: Draft[]): ListedVisit[] {
  const local = new Map(drafts.map((draft) => [draft.visit_id, draft]))
  const merged = visits.map((visit) => {
    const draft = local.get(visit.id)
    local.delete(visit.id)
    return draft && visit.state !== 'submitted' ? { ...fromServer(visit), ...fromDraft(draft) } : fromServer(visit)
  })
  const onlyHere = [...local.values()].map(fromDraft)
  return [...onlyHere, ...merged].sort((a, b) => order(b).localeCompare(order(a)))
}

function fromServer(visit: VisitSummary): ListedVisit {
  return {
    id: visit.id,
    store: visit.store,
    checklist_title: visit.checklist_title,
    state: visit.state,
    here: false,
    answered: 0,
    planned_for: visit.planned_for,
    at: visit.submitted_at ?? visit.started_at,
    score: visit.score,
  }
}

function fromDraft(draft: Draft): ListedVisit {
  const STATE = { open: 'in_progress', sealed: 'sending', sent: 'submitted' } as const
  return {
    id: draft.visit_id,
    store: draft.store,
    checklist_title: draft.checklist_title,
    state: STATE[draft.state],
    here: true,
    answered: Object.values(draft.answers).filter((answer) => answer.value !== null || answer.not_applicable).length,
    planned_for: draft.planned_for,
    at: draft.finished_at ?? draft.started_at,
    score: null,
  }
}

/** Newest first; planned ones soonest first, which is the same as latest date last. */
function order(visit: ListedVisit): string {
  if (visit.state !== 'planned') return visit.at ?? ''
  return new Date(8.64e14 - Date.parse(visit.planned_for ?? '') || 0).toISOString()
}
