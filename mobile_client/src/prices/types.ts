/** Price lists and what was read on photos, as the server sends them. */
import type { Text } from '../api/types'

export interface PriceVersion {
  id: string
  number: number
  file_name: string
  line_count: number
  imported_at: string
  imported_by: string
}

export interface PriceList {
  id: string
  name: string
  node: { id: string; name: Text; code: string }
  latest: PriceVersion | null
}

export interface PriceLine {
  sku: string
  barcode: string | null
  names: string[]
  minor: number
  currency: string
  unit: Unit | null
  quantity: number | null
  valid_from: string | null
  valid_to: string | null
}

export interface PriceProblem {
  line: number
  reason: Text
}

export interface PricePreview {
  line_count: number
  sample: PriceLine[]
  problems: PriceProblem[]
  problem_count: number
}

export interface PriceSettings {
  read_every_photo: boolean
  version: number
}

export type Unit = 'g' | 'ml' | 'each'
export type Box = [number, number, number, number]

export interface TagMark {
  box: Box
  text: string
  confidence: number
  verdict: 'same' | 'differs' | 'unsure' | 'unlisted' | 'unreadable'
  minor: number | null
  currency: string | null
  unit: Unit | null
  quantity: number | null
  sku: string | null
  list_minor: number | null
  list_currency: string | null
  list_unit: Unit | null
  list_quantity: number | null
}

export interface DateMark {
  box: Box
  text: string
  best_before: string | null
  confidence: number
  days_left: number | null
}

export interface PhotoTags {
  state: 'none' | 'waiting' | 'read' | 'failed'
  width: number | null
  height: number | null
  day: string | null
  tags: TagMark[]
  dates: DateMark[]
  missing: Box[]
  cut_short: boolean
  model: string | null
}
