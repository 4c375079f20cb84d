/** Shapes of the server's answers (snake_case, as on the wire). Optional fields are those an older server may leave out. */

export interface Text {
  zh: string
  en: string
}

export type Role = 'supervisor' | 'store_manager' | 'regional_manager' | 'hq' | 'admin' | 'integration'
export type NodeKind = 'company' | 'region' | 'store'
export type Severity = 'minor' | 'major' | 'critical'
export type Dimension = string

export interface Page<T> {
  items: T[]
  next: string | null
}

export interface NodeRef {
  id: string
  name: Text
  kind: NodeKind
}

export interface Me {
  id: string
  login: string
  name: string
  language: string
  company: { id: string; name: Text }
  roles: { role: Role; node: NodeRef }[]
}

export interface SessionAnswer {
  access_token: string
  expires_in: number
}

export interface OrgNode {
  id: string
  parent_id: string | null
  kind: NodeKind
  name: Text
  code: string
  time_zone: string
  version: number
}

export interface Person {
  id: string
  login: string
  name: string
  roles?: { role: Role; node: NodeRef }[]
  active?: boolean
}

export interface StoreRef {
  id: string
  name: Text
  code: string
}

export interface DimensionInfo {
  code: Dimension
  title: Text
}

export interface Checkpoint {
  code: string
  dimension: Dimension
  title: Text
  standard: Text
  fix: Text
  severity: Severity
  /** How people speak of it. */
  words?: { zh: string[]; en: string[] }
}

export interface ChecklistSummary {
  id: string
  title: Text
  latest_version_id: string | null
}

export type AnswerKind =
  | { kind: 'pass_fail' }
  /** Good from `min` to `max`; outside `lowest`…`highest` it is a slip of the finger, which the server refuses. */
  | { kind: 'number'; unit: Text; min: number | null; max: number | null; lowest: number | null; highest: number | null; whole: boolean }
  /** Whole points from 0 to `max`, good from `pass_from` on; `anchors` describe each point from 0 up. */
  | { kind: 'scale'; max: number; pass_from: number; anchors: Text[] }
  | { kind: 'choice'; choices: { value: string; label: Text; ok: boolean }[] }

export type Evidence = 'none' | 'photo' | 'reading'

export interface ChecklistItem {
  id: string
  checkpoint: string
  dimension: Dimension
  title: Text
  standard: Text
  severity: Severity
  weight: number
  answer: AnswerKind
  evidence: Evidence
  required: boolean
  na_allowed: boolean
  check: Text
  fix: Text
}

export interface ChecklistVersion {
  id: string
  checklist_id: string
  number: number
  title: Text
  items: ChecklistItem[]
}

export type VisitState = 'planned' | 'in_progress' | 'submitted'

export interface VisitSummary {
  id: string
  store: StoreRef
  checklist_version_id: string
  checklist_title: Text
  state: VisitState
  planned_for: string | null
  started_at: string | null
  submitted_at: string | null
  score: number | null
}

export type AnswerValue = boolean | number | string

export interface Answer {
  item_id: string
  value: AnswerValue | null
  comment: string
  not_applicable: boolean
}

/** Pixels of the upright photo: left, top, right, bottom. */
export type Box = [number, number, number, number]

export interface ShelfReading {
  width: number
  height: number
  quality: { ok: boolean; reasons: string[] }
  gaps: { box: Box; score: number; row: number | null; facings?: number | null }[]
  rows: { box: Box; score: number }[]
  oos_rate: number | null
  /** Between these shares the truth lies nine times in ten. */
  oos_low?: number | null
  oos_high?: number | null
  model: string
  ms: number
}

export type PhotoState = 'stored' | 'analysed' | 'unreadable' | 'failed'

export interface Photo {
  id: string
  visit_id: string | null
  task_id: string | null
  item_id: string | null
  state: PhotoState
  problem: Text | null
  captured_at: string | null
  reading: ShelfReading | null
  /** How to take a better one. */
  advice?: Text[]
  /** The original, which a desktop browser may be unable to show (HEIC). */
  image_url: string
  /** A JPEG of at most 1600 px, once there is one. */
  display_url?: string | null
  thumb_url: string | null
  overlay_url: string | null
}

export type NoteState = 'stored' | 'transcribed' | 'unreadable' | 'failed'

/** A stretch of a note's text and the seconds in which it was spoken, where that is known. */
export interface Statement {
  span: [number, number]
  text: string
  start: number | null
  end: number | null
}

export interface NoteAnswer {
  verdict: 'yes' | 'no' | 'other'
  checkpoint: string | null
  /** Whether it is a problem; null where nothing of the kind was said. Absent in a copy kept by an earlier version. */
  polarity?: Polarity | null
  title: Text | null
  by: string
  at: string
}

export type Polarity = 'problem' | 'ok'

export interface HeardIssue {
  id: string
  title: Text
  said: string
  what: string | null
  /** "asked" waits for a person; "noted" is something that is fine. */
  state: 'noted' | 'proposed' | 'asked' | 'confirmed' | 'refused' | 'other'
  answer: NoteAnswer | null
  start: number | null
  end: number | null
  issue_id: string | null
  checkpoint: string
  dimension: Dimension
  polarity: Polarity
  severity: Severity
  span: [number, number]
  where: string | null
  value: { number: number; unit: string } | null
  confidence: number
}

export interface VoiceNote {
  id: string
  visit_id: string
  item_id: string | null
  state: NoteState
  problem: Text | null
  language: string | null
  duration_s: number | null
  text: string | null
  empty_reason: string | null
  why_empty: Text | null
  segments: { start: number; end: number; text: string; confidence: number }[]
  issues: HeardIssue[]
  /** null once the recording was deleted. */
  audio_url: string | null
  audio_dropped_at: string | null
  /** What a correction is based on. */
  version: number
  heard_text: string | null
  corrected_by: string | null
  corrected_at: string | null
  /** The text is still to be read, or could not be: the issues are those of the text before. */
  rereading: boolean
  /** Why the text could not be read. Absent, like the next two, in a copy kept by an earlier version. */
  unread?: Text | null
  /** A person typed the text, for nothing could be heard. */
  typed?: boolean
  /** What the company's words changed, from `heard_text` on. */
  corrections?: { heard: string; term: string }[]
  may_correct: boolean
  statements: Statement[]
}

export interface Finding {
  id: string
  source: 'answer' | 'vision' | 'speech' | 'review'
  checkpoint: string
  dimension: Dimension
  title: Text
  severity: Severity
  score: number | null
  place: { outcome?: 'open' | 'ask' | 'drop'; limit?: number } | null
  photo_id: string | null
  note_id: string | null
  issue_id: string | null
  /** Since then it no longer holds: a person put right what it was made of. */
  withdrawn_at?: string | null
}

export interface VisitProgress {
  total: number
  done: number
  failed: number
  /** Every photo and note is looked at and has its issues. */
  complete: boolean
  /** The details (price tags, promotion material) are through as well. */
  settled: boolean
}

/** Why a visit has its score: `earned` is what it would be without the cap that failed critical items put on it. */
export interface ScoreParts {
  total: number | null
  earned: number | null
  dimensions: { dimension: Dimension; score: number | null; earned: number | null; answered: number; failed: number }[]
  critical_failures: Text[]
}

export interface VisitDetail extends VisitSummary {
  scoring: ScoreParts | null
  answers: Answer[]
  photos: Photo[]
  voice_notes: VoiceNote[]
  findings: Finding[]
  issues: { id: string; checkpoint: string; title: Text; severity: Severity; state: string; withdrawn_at?: string | null; task_id: string | null }[]
  questions: Question[]
  progress: VisitProgress
}

/** A photo on which a person has to look before anything follows from it. */
export interface Question {
  photo_id: string
  checkpoint: string
  why: Text[]
}

export interface LiveProgress extends VisitProgress {
  photos: { id: string; state: PhotoState; gaps: number | null; oos_rate: number | null }[]
  notes: { id: string; state: NoteState; issues: number }[]
}

export type TaskState = 'open' | 'fix_submitted' | 'in_review' | 'closed'

export interface TaskSummary {
  id: string
  issue_id: string
  store: StoreRef
  checkpoint: string
  dimension: Dimension
  title: Text
  severity: Severity
  state: TaskState
  owner: { id: string; name: string; role: Role | null } | null
  started_at: string | null
  due_at: string
  overdue: boolean
  escalation_level: number
  thumb_url: string | null
  version: number
}

export type Verdict = 'fixed' | 'not_fixed' | 'different_place' | 'unsure'

export interface PhotoEvidence {
  photo_id: string
  /** 0: nothing speaks against the photo; null until it was looked at. */
  score: number | null
  doubtful: boolean
  doubts: { code: string; weight: number; text: Text }[]
  source: 'camera' | 'gallery' | null
  position: 'given' | 'refused' | 'unavailable' | null
  distance_m: number | null
  nonce: string | null
  file_time: string | null
  camera: string | null
  like_photo_id: string | null
}

export interface DoubtfulPhoto {
  id: string
  store: StoreRef
  stored_at: string
  thumb_url: string | null
  score: number
  doubts: PhotoEvidence['doubts']
}

export interface EvidenceSettings {
  ask_position: boolean
  version: number
}

export interface Attempt {
  id: string
  photo: Photo
  submitted_at: string
  verdict: Verdict | null
  reasons: { code: string; text: Text }[]
  score: number | null
  why: Text | null
  overlay_url: string | null
  decided_by: string | null
  decided_at: string | null
  evidence?: PhotoEvidence | null
}

export interface TrailEntry {
  at: string
  actor: string
  kind: string
  from: string | null
  to: string | null
  why: Text | null
  title: Text
}

export interface TaskDetail extends TaskSummary {
  issue: { id: string; title: Text; findings: Finding[] }
  fix: Text
  before: Photo[]
  attempts: Attempt[]
  trail: TrailEntry[]
}

export interface HeatmapCell {
  dimension: Dimension
  score: number | null
  answers: number
  failed: number
  open_issues: number
}

export interface HeatmapRow {
  node: NodeRef
  cells: HeatmapCell[]
  score: number | null
  visits: number
}

export interface Heatmap {
  node: NodeRef
  columns: { dimension: Dimension; title: Text }[]
  rows: HeatmapRow[]
  total: HeatmapRow
}

export interface StoreReport {
  store: StoreRef
  score: number | null
  open_tasks: number
  overdue_tasks: number
  last_visit_at: string | null
}

export interface Notice {
  id: string
  at: string
  kind: string
  title: Text
  /** Why this person gets it. */
  reason: Text
  task_id: string | null
  read: boolean
}

export interface Job {
  id: string
  kind: string
  state: string
  attempts: number
  last_error: string | null
  subject: string | null
  created_at: string
  version: number
}

export interface QueueSummary {
  queue: string
  ready: number
  running: number
  dead: number
  oldest_s: number | null
}
