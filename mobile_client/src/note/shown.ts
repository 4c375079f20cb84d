import type { HeardIssue, NoteAnswer, Polarity, Statement, Text, VoiceNote } from '../api/types'
import type { Entry, NoteVerdict } from '../offline/model'
import { bodyOf } from '../offline/notes'

export interface ShownIssue extends HeardIssue {
  /** The answer is this phone's and has not come back from the server yet. */
  pending: boolean
}

export interface ShownNote {
  text: string
  statements: Statement[]
  issues: ShownIssue[]
  /** The text is this phone's, or the server has not read it yet: its issues are still those of the text before. */
  rereading: boolean
  /** Why the text could not be read. */
  unread: Text | null
  pending: number
  /** The server refused the first change that was not sent: somebody else was quicker, or it is wrong. */
  refused: Entry | undefined
}

/** A note as this person left it: what the server tells, and on top of it the changes that it does not have in it yet. */
export function shownOf(note: VoiceNote, changes: Entry[], me: string): ShownNote {
  const refused = changes.find((entry) => entry.state === 'failed')
  // What the server refused is not laid over what it has: the person is to see both.
  const ahead = refused ? [] : changes.filter((entry) => entry.state !== 'done' || bodyOf(entry).version >= note.version)
  const shown: ShownNote = {
    text: note.text ?? '',
    statements: note.statements ?? [],
    issues: (note.issues ?? []).map((issue) => ({ ...issue, pending: false })),
    rereading: note.rereading ?? false,
    unread: note.unread ?? null,
    pending: changes.filter((entry) => entry.state !== 'done').length,
    refused,
  }
  for (const entry of ahead) {
    const { change } = bodyOf(entry)
    if (change.kind === 'text') {
      shown.text = change.text
      shown.statements = change.text ? [{ span: [0, change.text.length], text: change.text, start: null, end: null }] : []
      shown.rereading = true
      shown.unread = null
    } else {
      const { verdict, checkpoint, polarity, title } = change
      const answer: NoteAnswer = { verdict, checkpoint, polarity: polarity ?? null, title, by: me, at: entry.created_at }
      shown.issues = shown.issues.map((issue) => (issue.id === change.issue_id ? { ...issue, answer, state: STATES[change.verdict], pending: true } : issue))
    }
  }
  return shown
}

const STATES = { yes: 'confirmed', no: 'refused', other: 'other' } as const

/** Whether it is a problem: as it was heard, but for what a person said of it. */
export function meant(issue: HeardIssue): Polarity {
  return issue.answer?.polarity ?? issue.polarity
}

/** What a person says who turns fine into a problem, or a problem into fine; another checkpoint they chose before stays. */
export function turned(issue: HeardIssue): NoteVerdict {
  const polarity: Polarity = meant(issue) === 'ok' ? 'problem' : 'ok'
  const { checkpoint, title } = issue.answer ?? { checkpoint: null, title: null }
  if (!checkpoint && polarity === issue.polarity) return { verdict: 'yes', checkpoint: null, polarity: null, title: null }
  return { verdict: 'other', checkpoint, polarity, title }
}

/** Issues a person is asked about. */
export function asked(note: VoiceNote): HeardIssue[] {
  return (note.issues ?? []).filter((issue) => issue.state === 'asked')
}

/** The statement that is being spoken at this second. */
export function spokenAt(statements: Statement[], second: number): number {
  return statements.findLastIndex((one) => one.start !== null && one.start <= second + 0.05)
}
