import { describe, expect, test } from 'vitest'
import type { AnswerKind, ChecklistItem, VisitSummary } from '../../src/api/types'
import type { Draft, DraftAnswer } from '../../src/offline/model'
import { groupByDimension, implausible, looksFailed, review } from '../../src/visit/answers'
import { mergeVisits } from '../../src/visit/list'
import { ME, STORE } from '../helpers/offline'

const number: AnswerKind = { kind: 'number', unit: { zh: '℃', en: '°C' }, min: 0, max: 4, lowest: -40, highest: 60, whole: false }
const scale: AnswerKind = { kind: 'scale', max: 4, pass_from: 3, anchors: [] }
const choice: AnswerKind = { kind: 'choice', choices: [{ value: 'a', label: STORE.name, ok: true }, { value: 'b', label: STORE.name, ok: false }] }
const text = { zh: '', en: '' }

const item = (id: string, dimension: string, fields: Partial<ChecklistItem> = {}): ChecklistItem => ({
  id, dimension, checkpoint: '', title: text, standard: text, check: text, fix: text, severity: 'minor', weight: 1,
  answer: { kind: 'pass_fail' }, evidence: 'none', required: true, na_allowed: true, ...fields,
})
const answer = (value: DraftAnswer['value'], not_applicable = false): DraftAnswer => ({ value, comment: '', not_applicable })
const draft = (fields: Partial<Draft> = {}): Draft => ({
  visit_id: 'v1', person_id: ME, store: STORE, checklist_version_id: 'c', checklist_title: text, planned_for: null, known: false,
  started_at: '2026-11-22T08:00:00Z', updated_at: '2026-11-22T08:00:00Z', state: 'open', answers: {}, finished_at: null, ...fields,
})

describe('what looks failed', () => {
  test.each<[AnswerKind, DraftAnswer['value'], boolean]>([
    [{ kind: 'pass_fail' }, false, true],
    [{ kind: 'pass_fail' }, true, false],
    [{ kind: 'pass_fail' }, null, false],
    [number, 4, false],
    [number, 4.1, true],
    [number, -1, true],
    [scale, 2, true],
    [scale, 3, false],
    [choice, 'b', true],
    [choice, 'a', false],
  ])('%j answered %j', (kind, value, failed) => {
    expect(looksFailed(kind, value)).toBe(failed)
  })

  test('a slip of the finger is not a measurement', () => {
    expect(implausible(number, 400)).toBe(true)
    expect(implausible(number, 6.5)).toBe(false)
    expect(implausible({ ...number, whole: true }, 6.5)).toBe(true)
  })
})

describe('review', () => {
  const items = [item('a', 'safety'), item('b', 'display', { evidence: 'photo' }), item('c', 'safety', { required: false }), item('d', 'display')]

  test('items are numbered in the order they are shown', () => {
    expect(groupByDimension(items).map((group) => group.items.map(({ n, item }) => `${n}${item.id}`))).toEqual([['1a', '2c'], ['3b', '4d']])
  })

  test('says what is missing, what failed, and which photo the standard asks for', () => {
    const result = review(items, draft({ answers: { a: answer(false), b: answer(true) } }), [])
    expect(result).toMatchObject({ answered: 2, total: 4 })
    expect(result.failed.map(({ item }) => item.id)).toEqual(['a'])
    expect(result.open.map(({ item }) => item.id)).toEqual(['d'])
    expect(result.withoutPhoto.map(({ item }) => item.id)).toEqual(['b'])
  })

  test('"not applicable" is an answer, does not fail, and needs no photo', () => {
    const result = review(items, draft({ answers: { a: answer(false, true), b: answer(null, true) } }), [])
    expect(result.answered).toBe(2)
    expect([...result.failed, ...result.withoutPhoto]).toEqual([])
  })
})

describe('the list of visits', () => {
  const visit = (id: string, fields: Partial<VisitSummary> = {}): VisitSummary => ({
    id, store: STORE, checklist_version_id: 'c', checklist_title: text, state: 'planned', planned_for: '2026-11-23T08:00:00Z',
    started_at: null, submitted_at: null, score: null, ...fields,
  })

  test('a visit known to both is listed once, in its later state', () => {
    expect(mergeVisits([visit('v1')], [draft()])).toMatchObject([{ id: 'v1', state: 'in_progress', here: true }])
    expect(mergeVisits([visit('v1', { state: 'submitted', score: 80 })], [draft({ state: 'sealed' })])).toMatchObject([
      { id: 'v1', state: 'submitted', score: 80 },
    ])
  })

  test('planned ones come soonest first', () => {
    const visits = ['2026-11-25', '2026-11-23', '2026-11-24'].map((day) => visit(day, { planned_for: `${day}T08:00:00Z` }))
    expect(mergeVisits(visits, []).map(({ id }) => id)).toEqual(['2026-11-23', '2026-11-24', '2026-11-25'])
  })
})
