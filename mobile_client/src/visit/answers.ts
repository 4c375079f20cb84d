import type { AnswerKind, AnswerValue, ChecklistItem, Dimension } from '../api/types'
import type { Draft, DraftAnswer, Media } from '../offline/model'

/** What the phone can tell about answers without the server: progress, what is missing, what looks failed. */

export function isAnswered(answer: DraftAnswer | undefined): boolean {
  return answer !== undefined && (answer.not_applicable || answer.value !== null)
}

/** A slip of the finger rather than a measurement: the server would refuse it. */
export function implausible(kind: AnswerKind, value: number): boolean {
  if (kind.kind !== 'number') return false
  const outside = (kind.lowest !== null && value < kind.lowest) || (kind.highest !== null && value > kind.highest)
  return outside || (kind.whole && !Number.isInteger(value))
}

/** Only for the look of the screen: the server's scoring has the last word. */
export function looksFailed(kind: AnswerKind, value: AnswerValue | null): boolean {
  if (value === null) return false
  switch (kind.kind) {
    case 'pass_fail':
      return value === false
    case 'number':
      return typeof value === 'number' && ((kind.min !== null && value < kind.min) || (kind.max !== null && value > kind.max))
    case 'choice':
      return kind.choices.some((choice) => choice.value === value && !choice.ok)
    case 'scale':
      return typeof value === 'number' && value < kind.pass_from
  }
}

export function evidenceMissing(item: ChecklistItem, answer: DraftAnswer | undefined, media: Media[]): boolean {
  if (item.evidence === 'none' || !isAnswered(answer) || answer?.not_applicable) return false
  return !media.some((one) => one.kind === 'photo' && one.item_id === item.id)
}

export interface NumberedItem {
  /** 1-based place in the checklist, for people and for tests. */
  n: number
  item: ChecklistItem
}

export interface Group {
  dimension: Dimension
  items: NumberedItem[]
}

/** Items by dimension, dimensions in the order the checklist first names them. */
export function groupByDimension(items: ChecklistItem[]): Group[] {
  const groups = new Map<Dimension, ChecklistItem[]>()
  for (const item of items) groups.set(item.dimension, [...(groups.get(item.dimension) ?? []), item])
  let n = 0
  return [...groups].map(([dimension, members]) => ({ dimension, items: members.map((item) => ({ n: ++n, item })) }))
}

export interface Review {
  answered: number
  total: number
  failed: NumberedItem[]
  /** Required and not answered: the visit cannot go yet. */
  open: NumberedItem[]
  /** Answered without the photo the standard asks for: said, but no obstacle (a camera may be broken). */
  withoutPhoto: NumberedItem[]
}

export function review(items: ChecklistItem[], draft: Draft, media: Media[]): Review {
  const numbered = groupByDimension(items).flatMap((group) => group.items)
  const answerOf = ({ item }: NumberedItem) => draft.answers[item.id]
  return {
    total: numbered.length,
    answered: numbered.filter((one) => isAnswered(answerOf(one))).length,
    failed: numbered.filter((one) => {
      const answer = answerOf(one)
      return !!answer && !answer.not_applicable && looksFailed(one.item.answer, answer.value)
    }),
    open: numbered.filter((one) => one.item.required && !isAnswered(answerOf(one))),
    withoutPhoto: numbered.filter((one) => evidenceMissing(one.item, answerOf(one), media)),
  }
}
