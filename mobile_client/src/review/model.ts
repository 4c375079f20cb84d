/** A question about a photo, and the answer as it grows. Boxes are in pixels of the upright photo. */
import type { StoreRef, Text } from '../api/types'

export type Box = [number, number, number, number]
export type Verdict = 'gap' | 'not_gap' | 'adjusted' | 'missed'

export interface Mark {
  box: Box
  score: number
  row: number | null
  asked: boolean
}

export interface BoxAnswer {
  verdict: Verdict
  index: number | null
  box: Box | null
}

export interface GivenAnswer {
  id: string
  number: number
  undoes: string | null
  by: string
  at: string
  no_shelf: boolean
  complete: boolean
  rate: number | null
  boxes: BoxAnswer[]
}

export interface ReviewItem {
  id: string
  photo_id: string
  visit_id: string
  store: StoreRef
  checkpoint: string
  reason: 'doubtful' | 'sample'
  why: Text[]
  state: 'waiting' | 'answered'
  model: string
  width: number
  height: number
  marks: Mark[]
  rows: Box[]
  open_from: number
  limit_rate: number
  oos_rate: number | null
  asked_at: string
  settled_at: string | null
  answer: GivenAnswer | null
  image_url: string
  thumb_url: string | null
  version: number
}

export interface QueueSize {
  waiting: number
  doubtful: number
  sample: number
  oldest_at: string | null
}

/** A box on the photo: the model's at `index`, or one that the reviewer drew. */
export interface Shape {
  key: string
  index: number | null
  box: Box
  score: number | null
  asked: boolean
  /** null: not answered (an asked one) or left alone (another). */
  says: boolean | null
  moved: boolean
}

export interface AnswerBody {
  id: string
  version: number
  boxes: BoxAnswer[]
  no_shelf: boolean
  complete: boolean
}

export const SMALLEST_SIDE = 4

export function shapesOf(item: ReviewItem): Shape[] {
  return item.marks.map((mark, index) => ({
    key: `m${index}`,
    index,
    box: [...mark.box],
    score: mark.score,
    asked: mark.asked,
    says: null,
    moved: false,
  }))
}

/** The question's boxes with an answer put back onto them: after an undo, or to change it. */
export function withAnswer(item: ReviewItem, answer: AnswerBody): Shape[] {
  const shapes = shapesOf(item)
  for (const [n, said] of answer.boxes.entries()) {
    if (said.index === null) {
      if (said.box) shapes.push({ key: `a${n}`, index: null, box: [...said.box], score: null, asked: false, says: true, moved: false })
      continue
    }
    const shape = shapes[said.index]
    if (!shape) continue
    shape.says = said.verdict !== 'not_gap'
    if (said.box) {
      shape.box = [...said.box]
      shape.moved = true
    }
  }
  return shapes
}

/** The next asked box without an answer after the one named, in reading order; undefined when all have one. */
export function nextOpen(shapes: Shape[], after?: string): Shape | undefined {
  const from = shapes.findIndex(({ key }) => key === after) + 1
  return [...shapes.slice(from), ...shapes.slice(0, from)].find((shape) => shape.asked && shape.says === null)
}

export function openCount(shapes: Shape[]): number {
  return shapes.filter((shape) => shape.asked && shape.says === null).length
}

export function bodyOf(id: string, version: number, shapes: Shape[], noShelf: boolean, complete: boolean): AnswerBody {
  if (noShelf) return { id, version, boxes: [], no_shelf: true, complete: true }
  const boxes = shapes
    .filter((shape) => shape.index === null || shape.says !== null)
    .map((shape): BoxAnswer => {
      if (shape.index === null) return { index: null, verdict: 'missed', box: whole(shape.box) }
      if (!shape.says) return { index: shape.index, verdict: 'not_gap', box: null }
      return shape.moved ? { index: shape.index, verdict: 'adjusted', box: whole(shape.box) } : { index: shape.index, verdict: 'gap', box: null }
    })
  return { id, version, boxes, no_shelf: false, complete }
}

function whole(box: Box): Box {
  return box.map(Math.round) as Box
}

/** A box from two corners of a drag, inside the photo; null when it is too small to be meant. */
export function drawn(ax: number, ay: number, bx: number, by: number, width: number, height: number): Box | null {
  const within = (value: number, most: number) => Math.min(most, Math.max(0, value))
  const box: Box = [
    Math.round(within(Math.min(ax, bx), width)),
    Math.round(within(Math.min(ay, by), height)),
    Math.round(within(Math.max(ax, bx), width)),
    Math.round(within(Math.max(ay, by), height)),
  ]
  return box[2] - box[0] < SMALLEST_SIDE || box[3] - box[1] < SMALLEST_SIDE ? null : box
}
