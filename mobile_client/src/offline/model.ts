import type { Proof } from './proof'
import type { Flaw } from '../media/quality'
import type { AnswerValue, Polarity, StoreRef, Text } from '../api/types'

/** A visit being filled in on this phone. Written at every tap. */
export interface Draft {
  visit_id: string
  /** Whose it is: on a shared phone nobody sends another's work under their own name. */
  person_id: string
  store: StoreRef
  checklist_version_id: string
  checklist_title: Text
  planned_for: string | null
  /** The server had this visit before this phone began it: it need not, and must not, be put again. */
  known: boolean
  started_at: string
  updated_at: string
  /** open: being filled in · sealed: handed to the outbox · sent: the server has it */
  state: 'open' | 'sealed' | 'sent'
  answers: Record<string, DraftAnswer>
  finished_at: string | null
}

export interface DraftAnswer {
  value: AnswerValue | null
  comment: string
  not_applicable: boolean
}

export type MediaKind = 'photo' | 'voice' | 'after'

/** A photo or recording made here. Its original bytes stay until the server has read back the same hash. */
export interface Media {
  id: string
  person_id: string
  kind: MediaKind
  /** The visit or task it belongs to. */
  group: string
  item_id: string | null
  filename: string
  media_type: string
  size: number
  sha256: string
  captured_at: string
  source: 'camera' | 'gallery'
  /** What this phone can say of its taking; absent on photos kept by an earlier version. */
  proof?: Proof
  duration_s: number | null
  /** Small JPEG for lists; null where this browser cannot decode the picture (HEIC outside iOS). */
  thumb: ArrayBuffer | null
  /** What is wrong with the photo as this phone sees it; absent on older ones, null where it cannot tell. */
  flaws?: Flaw[] | null
  /** True once the server's hash equals ours; the original is then dropped. */
  confirmed: boolean
}

export type EntryState = 'waiting' | 'sending' | 'failed' | 'done'
export type EntryKind = 'visit' | 'upload' | 'submit' | 'note'

/** Whether an issue was heard rightly; with "other" what was meant: another checkpoint, a problem or none, or both. */
export interface NoteVerdict {
  verdict: 'yes' | 'no' | 'other'
  checkpoint: string | null
  /** Absent in an answer kept by an earlier version. */
  polarity?: Polarity | null
  title: Text | null
}

/** What a person says of a voice note: its right text, or whether an issue was heard rightly. */
export type NoteChange = { kind: 'text'; text: string } | ({ kind: 'answer'; issue_id: string } & NoteVerdict)

/** Why an entry is not done, beyond what its dependencies tell. Text comes from the server, in the person's language. */
export interface Trouble {
  kind: 'unreachable' | 'server_busy' | 'rejected' | 'sign_in' | 'damaged' | 'gone'
  status: number
  code: string
  text: string
}

/** One thing to be sent. The id is derived from what it carries, so enqueuing twice is one entry. */
export interface Entry {
  id: string
  kind: EntryKind
  person_id: string
  /** Visit or task id: what the person knows it by. */
  group: string
  /** Name of the store or task, shown in the outbox. */
  label: Text
  /** Ids of entries that have to be done first. */
  after: string[]
  /** Body of the PUT or the submit, or a `NoteBody`; uploads take theirs from the media stores. */
  body: unknown
  state: EntryState
  /** Order of sending within the phone. */
  seq: number
  attempts: number
  /** Not before this time (ms since epoch); 0: at once. */
  next_at: number
  trouble: Trouble | null
  /** Where the tus upload goes on after the page was killed. */
  upload_url: string | null
  sent_bytes: number
  total_bytes: number
  created_at: string
  done_at: string | null
}

export const entryId = {
  visit: (visitId: string) => `visit:${visitId}`,
  upload: (mediaId: string) => `upload:${mediaId}`,
  submit: (visitId: string) => `submit:${visitId}`,
  note: (changeId: string) => `note:${changeId}`,
}
