import { describe, expect, test } from 'vitest'
import type { Query } from '../../src/api/client'
import type { VisitSummary } from '../../src/api/types'
import type { Draft } from '../../src/offline/model'
import { loadUpcoming, mergeVisits, MOST_PAGES, seesOnlyOwn } from '../../src/visit/list'
import { ME, STORE } from '../helpers/offline'

const visit = (id: string, fields: Partial<VisitSummary> = {}): VisitSummary => ({
  id, store: STORE, checklist_version_id: 'v1', checklist_title: STORE.name, state: 'planned', planned_for: '2026-11-24T01:00:00Z',
  started_at: null, submitted_at: null, score: null, ...fields,
})
const draft = (visit_id: string, state: Draft['state']): Draft => ({
  visit_id, person_id: ME, store: STORE, checklist_version_id: 'v1', checklist_title: STORE.name, planned_for: null, known: true,
  started_at: '2026-11-22T08:00:00Z', updated_at: '2026-11-22T08:00:00Z', state, answers: {}, finished_at: null,
})
const ids = (visits: { id: string }[]) => visits.map(({ id }) => id)

/** A server with so many visits planned; two a page. */
class Pages {
  asked: Query[] = []
  constructor(private readonly planned: VisitSummary[], private readonly begun: VisitSummary[] = []) {}

  get = (query: Query) => {
    this.asked.push(query)
    const all = query.state === 'planned' ? this.planned : this.begun
    const from = Number(query.cursor ?? 0)
    return Promise.resolve({ items: all.slice(from, from + 2), next: from + 2 < all.length ? String(from + 2) : null })
  }
}

describe('visits to be done', () => {
  test('are all loaded, however many pages they are', async () => {
    const pages = new Pages(['a', 'b', 'c', 'd', 'e'].map((id) => visit(id)), [visit('x', { state: 'in_progress' })])
    expect(await loadUpcoming(pages.get, { mine: true })).toMatchObject({ more: false })
    expect(ids((await loadUpcoming(pages.get, { mine: true })).items)).toEqual(['x', 'a', 'b', 'c', 'd', 'e'])
    expect(pages.asked.every(({ mine }) => mine === true)).toBe(true)
    expect(new Set(pages.asked.map(({ state }) => state))).toEqual(new Set(['in_progress', 'planned']))
  })

  test('end at a bound, which is said', async () => {
    const pages = new Pages(Array.from({ length: 99 }, (_, n) => visit(`${n}`)))
    const { items, more } = await loadUpcoming(pages.get, {})
    expect([items.length, more]).toEqual([2 * MOST_PAGES, true])
  })

  test('are the own ones of who does visits, and all of who answers for others', () => {
    expect(seesOnlyOwn(['supervisor'])).toBe(true)
    expect(seesOnlyOwn(['supervisor', 'regional_manager'])).toBe(false)
    expect([seesOnlyOwn(['hq']), seesOnlyOwn(['store_manager']), seesOnlyOwn([])]).toEqual([false, false, false])
  })
})

describe('the list', () => {
  test('has planned visits soonest first, those without a day last, sent ones newest first', () => {
    const planned = [visit('later', { planned_for: '2026-11-26T01:00:00Z' }), visit('never', { planned_for: null }), visit('sooner', { planned_for: '2026-11-23T01:00:00Z' })]
    expect(ids(mergeVisits(planned, []))).toEqual(['sooner', 'later', 'never'])
    const sent = ['2026-11-20T09:00:00Z', '2026-11-22T09:00:00Z'].map((at, n) => visit(`sent-${n}`, { state: 'submitted', submitted_at: at }))
    expect(ids(mergeVisits(sent, []))).toEqual(['sent-1', 'sent-0'])
  })

  test('has a visit once that was sent between two questions to the server', () => {
    const twice = [visit('a', { state: 'in_progress' }), visit('a', { state: 'submitted', submitted_at: '2026-11-22T09:00:00Z', score: 80 })]
    expect(mergeVisits(twice, [])).toMatchObject([{ id: 'a', state: 'submitted', score: 80 }])
    expect(mergeVisits(twice.toReversed(), [draft('a', 'open')])).toMatchObject([{ id: 'a', state: 'submitted' }])
  })

  test('shows what this phone knows better: begun, or on its way', () => {
    const merged = mergeVisits([visit('a'), visit('b')], [draft('a', 'open'), draft('b', 'sealed'), draft('c', 'open')])
    expect(new Map(merged.map(({ id, state }) => [id, state]))).toEqual(new Map([['a', 'in_progress'], ['b', 'sending'], ['c', 'in_progress']]))
  })
})
