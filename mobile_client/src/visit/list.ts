import type { Query } from '../api/client'
import type { Page, Role, StoreRef, Text, VisitSummary } from '../api/types'
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

/** Pages of planned visits that are loaded at most: a thousand, which nobody has of their own. */
export const MOST_PAGES = 5
const PAGE = 200

export interface Upcoming {
  items: VisitSummary[]
  /** There are more planned visits than are loaded; of those here, the latest. */
  more: boolean
}

/** Who does visits sees their own; those who answer for a store or a region see all of it. */
export function seesOnlyOwn(roles: Role[]): boolean {
  return roles.includes('supervisor') && !roles.some((role) => ['store_manager', 'regional_manager', 'hq', 'admin'].includes(role))
}

/** All visits that are still to be done, whatever their number up to a bound; the server tells them latest planned first. */
export async function loadUpcoming(get: (query: Query) => Promise<Page<VisitSummary>>, query: Query): Promise<Upcoming> {
  const items: VisitSummary[] = []
  let more = false
  for (const state of ['in_progress', 'planned'] as const) {
    let cursor: string | null = null
    for (let n = 0; n === 0 || (cursor && n < MOST_PAGES); n++) {
      const page: Page<VisitSummary> = await get({ ...query, state, limit: PAGE, cursor })
      items.push(...page.items)
      cursor = page.next
    }
    more ||= cursor !== null
  }
  return { items, more }
}

/**
 * The server's visits and those of this phone as one list, each once; where a visit is known twice (here and there, or it was
 * sent between two questions to the server), the later state counts.
 */
export function mergeVisits(visits: VisitSummary[], drafts: Draft[]): ListedVisit[] {
  const local = new Map(drafts.map((draft) => [draft.visit_id, draft]))
  const merged = latestOfEach(visits).map((visit) => {
    const draft = local.get(visit.id)
    local.delete(visit.id)
    return draft && visit.state !== 'submitted' ? { ...fromServer(visit), ...fromDraft(draft) } : fromServer(visit)
  })
  const onlyHere = [...local.values()].map(fromDraft)
  return [...onlyHere, ...merged].sort(inOrder)
}

function latestOfEach(visits: VisitSummary[]): VisitSummary[] {
  const STEP = { planned: 0, in_progress: 1, submitted: 2 }
  const latest = new Map<string, VisitSummary>()
  for (const visit of visits) {
    const known = latest.get(visit.id)
    if (!known || STEP[visit.state] > STEP[known.state]) latest.set(visit.id, visit)
  }
  return [...latest.values()]
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

/** Planned ones soonest first, without a day last; the others newest first. */
function inOrder(a: ListedVisit, b: ListedVisit): number {
  if (a.state === 'planned' && b.state === 'planned') return at(a.planned_for, Infinity) - at(b.planned_for, Infinity) || 0
  return at(b.at, 0) - at(a.at, 0)
}

function at(time: string | null, otherwise: number): number {
  return time ? Date.parse(time) : otherwise
}
