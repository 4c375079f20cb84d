import { describe, expect, test } from 'vitest'
import type { Checkpoint, HeardIssue, VoiceNote } from '../../src/api/types'
import { found } from '../../src/note/search'
import { asked, meant, shownOf, spokenAt, turned } from '../../src/note/shown'
import type { Entry, NoteChange, NoteVerdict } from '../../src/offline/model'

const ISSUE = { id: 'i1', state: 'asked', answer: null, said: 'wet' } as HeardIssue
const STATEMENTS = [0, 3, 6].map((start) => ({ span: [0, 1] as [number, number], text: String(start), start, end: start + 3 }))
const NOTE = { id: 'n1', version: 2, text: 'heard', statements: STATEMENTS, issues: [ISSUE], rereading: false } as unknown as VoiceNote
const YES: NoteChange = { kind: 'answer', issue_id: 'i1', verdict: 'yes', checkpoint: null, title: null }
const entry = (version: number, change: NoteChange, state: Entry['state'] = 'waiting') =>
  ({ id: `note:${version}`, kind: 'note', state, seq: version, created_at: '', body: { note_id: 'n1', version, change } }) as Entry

describe('a note with changes that the server does not have yet', () => {
  test('shows the answer at once, as one that is on its way', () => {
    const [issue] = shownOf(NOTE, [entry(2, YES)], 'Wang').issues
    expect(issue).toMatchObject({ state: 'confirmed', pending: true, answer: { by: 'Wang', verdict: 'yes' } })
  })

  test('shows the new text, whose issues are not read yet', () => {
    const shown = shownOf(NOTE, [entry(2, { kind: 'text', text: 'right' })], 'Wang')
    expect([shown.text, shown.rereading, shown.pending]).toEqual(['right', true, 1])
  })

  test('keeps showing what was just delivered until the note is read anew', () => {
    expect(shownOf(NOTE, [entry(2, YES, 'done')], 'Wang').issues[0]!.state).toBe('confirmed')
    expect(shownOf({ ...NOTE, version: 3 }, [entry(2, YES, 'done')], 'Wang').issues[0]!.state).toBe('asked')
  })

  test('shows the server’s side where it refused, with the refused beside it', () => {
    const shown = shownOf(NOTE, [entry(2, YES, 'failed')], 'Wang')
    expect(shown.issues[0]!.state).toBe('asked')
    expect(shown.refused?.id).toBe('note:2')
  })
})

describe('a statement heard the wrong way round', () => {
  const FINE = { ...ISSUE, polarity: 'ok', state: 'noted' } as HeardIssue
  const answered = (issue: HeardIssue, verdict: NoteVerdict): HeardIssue => ({ ...issue, answer: { ...verdict, by: 'Wang', at: '' } })

  test('is a problem once a person says so, and heard rightly once they take it back', () => {
    const problem = turned(FINE)
    expect(problem).toMatchObject({ verdict: 'other', checkpoint: null, polarity: 'problem' })
    expect(meant(answered(FINE, problem))).toBe('problem')
    expect(turned(answered(FINE, problem))).toMatchObject({ verdict: 'yes', polarity: null })
  })

  test('keeps the other checkpoint that was chosen before', () => {
    const moved = answered(FINE, { verdict: 'other', checkpoint: 'x.y', polarity: 'ok', title: { zh: '别的', en: 'Other' } })
    expect(turned(moved)).toMatchObject({ verdict: 'other', checkpoint: 'x.y', polarity: 'problem', title: { en: 'Other' } })
    expect(turned(answered(moved, turned(moved)))).toMatchObject({ verdict: 'other', checkpoint: 'x.y', polarity: 'ok' })
  })

  test('is shown as the person left it before the server knows', () => {
    const note = { ...NOTE, issues: [FINE] }
    const [issue] = shownOf(note, [entry(2, { kind: 'answer', issue_id: 'i1', ...turned(FINE) })], 'Wang').issues
    expect([issue!.state, meant(issue!)]).toEqual(['other', 'problem'])
  })
})

test('an answer kept by an earlier version says nothing of a problem', () => {
  const [issue] = shownOf(NOTE, [entry(2, YES)], 'Wang').issues
  expect(issue!.answer).toMatchObject({ polarity: null })
})

test('a note kept by an earlier version is shown, too', () => {
  const old = { id: 'n1', text: 'heard', issues: undefined } as unknown as VoiceNote
  expect(shownOf(old, [], '').issues).toEqual([])
  expect(asked(old)).toEqual([])
})

test('a person is asked about what is below the line', () => {
  expect(asked(NOTE).map(({ id }) => id)).toEqual(['i1'])
  expect(asked({ ...NOTE, issues: [{ ...ISSUE, state: 'proposed' }] })).toEqual([])
})

test('the statement of a second is the last that has begun', () => {
  expect([0, 2.9, 3, 100].map((second) => spokenAt(STATEMENTS, second))).toEqual([0, 0, 1, 2])
  expect(spokenAt([{ ...STATEMENTS[0]!, start: null }], 1)).toBe(-1)
})

describe('the search for a checkpoint', () => {
  const one = (code: string, dimension: string, zh: string, en: string, words: string[] = []) =>
    ({ code, dimension, title: { zh, en }, words: { zh: words, en: [] } }) as unknown as Checkpoint
  const ALL = [one('a.floor', 'hygiene', '地面干净', 'Clean floors', ['脏']), one('b.exit', 'safety', '安全出口', 'Exits clear')]

  test('finds by both languages and by how people speak', () => {
    for (const typed of ['地面', 'FLOOR', '脏', 'clean floors', 'floors clean']) expect(found(ALL, typed, 'safety').map(({ code }) => code)).toEqual(['a.floor'])
    expect(found(ALL, 'nothing such', 'safety')).toEqual([])
  })

  test('begins with the neighbours of what was proposed', () => {
    expect(found(ALL, '', 'safety').map(({ code }) => code)).toEqual(['b.exit', 'a.floor'])
  })
})
