import { ServerProblem, Unreachable } from '../api/problems'
import type { Entry, Trouble } from './model'

/** What to do after an attempt that did not succeed. */
export type Outcome =
  /** Try again by itself after a while. */
  | { next: 'wait'; trouble: Trouble; waitMs: number }
  /** Forget the partial upload and send the file anew, after a while. */
  | { next: 'anew'; trouble: Trouble; waitMs: number }
  /** Stop until the person has signed in. */
  | { next: 'sign_in'; trouble: Trouble }
  /** Only a person can help; the entry stays visible with the server's words. */
  | { next: 'fail'; trouble: Trouble }

/** The hash the server read back differs from ours: the bytes were damaged on the way. */
export class HashDiffers extends Error {
  constructor() {
    super('the server read back another hash')
    this.name = 'HashDiffers'
  }
}

/** The original is no longer on this phone (the browser cleared its storage). */
export class BytesGone extends Error {
  constructor() {
    super('the original is no longer on this phone')
    this.name = 'BytesGone'
  }
}

const FIRST_WAIT_MS = 2_000
const LONGEST_WAIT_MS = 5 * 60_000
const TRIES_WHEN_DAMAGED = 3
const CHECKSUM_MISMATCH = 460
/** Answers that say "not now": request timeout, tus lock, too early, too many requests. */
const NOT_NOW = new Set([408, 423, 425, 429])
/** After this many, pauses of an upload that is merely out of step grow no more: the server is there and answers. */
const STEPS_WHEN_OUT_OF_STEP = 4
/** Answers of an upload's address that say it is no longer there (expired, terminated). */
const UPLOAD_LOST = new Set([404, 410])

/** Doubling waits with jitter, so that a region's phones do not come back at the same second. */
export function backoffMs(attempts: number, random: () => number = Math.random): number {
  const full = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(attempts, 20))
  return Math.round(full / 2 + (full / 2) * random())
}

/** `entry.attempts` counts the attempts before this one. Unknown errors are bugs of ours: shown, not swallowed. */
export function judge(error: unknown, entry: Entry, random: () => number = Math.random): Outcome {
  const waitMs = backoffMs(entry.attempts, random)
  if (error instanceof Unreachable) return { next: 'wait', trouble: trouble('unreachable'), waitMs }
  if (error instanceof BytesGone) return { next: 'fail', trouble: trouble('gone') }
  if (error instanceof HashDiffers) return damaged(entry, trouble('damaged'), waitMs)
  if (error instanceof ServerProblem) return judgeProblem(error, entry, waitMs, random)
  return { next: 'fail', trouble: { kind: 'rejected', status: 0, code: 'client.bug', text: String(error) } }
}

function judgeProblem(problem: ServerProblem, entry: Entry, waitMs: number, random: () => number): Outcome {
  const said = (kind: Trouble['kind']): Trouble => ({
    kind,
    status: problem.status,
    code: problem.code,
    text: problem.detail || problem.title,
  })
  const wait = Math.max(waitMs, (problem.retryAfterS ?? 0) * 1000)
  if (entry.kind === 'upload' && outOfStep(problem)) {
    const soon = backoffMs(Math.min(entry.attempts, STEPS_WHEN_OUT_OF_STEP), random)
    return { next: 'wait', trouble: said('server_busy'), waitMs: Math.max(soon, (problem.retryAfterS ?? 0) * 1000) }
  }
  if (problem.status === 401) return { next: 'sign_in', trouble: said('sign_in') }
  if (problem.status >= 500 || NOT_NOW.has(problem.status)) return { next: 'wait', trouble: said('server_busy'), waitMs: wait }
  if (entry.kind === 'upload') {
    if (problem.status === CHECKSUM_MISMATCH) return damaged(entry, said('damaged'), waitMs)
    if (UPLOAD_LOST.has(problem.status) && entry.upload_url) return { next: 'anew', trouble: said('server_busy'), waitMs }
  }
  return { next: 'fail', trouble: said('rejected') }
}

/**
 * The upload stands elsewhere than we thought, or another request (our own dying one) still holds it. The upload itself is
 * fine: HEAD tells the offset to go on from. A HEAD's answer has no body, so there the status alone must do.
 */
export function outOfStep({ status, code }: ServerProblem): boolean {
  return status === 423 || (status === 409 && (code === 'upload.offset_differs' || code === 'http.409'))
}

function damaged(entry: Entry, why: Trouble, waitMs: number): Outcome {
  if (entry.attempts + 1 >= TRIES_WHEN_DAMAGED) return { next: 'fail', trouble: why }
  return { next: 'anew', trouble: why, waitMs }
}

function trouble(kind: Trouble['kind']): Trouble {
  return { kind, status: 0, code: '', text: '' }
}
