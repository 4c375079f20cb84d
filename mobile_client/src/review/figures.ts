/** How right the model is, and where a candidate sees otherwise, as the server counts it. */
import type { StoreRef } from '../api/types'
import type { Box } from './model'

export interface Band {
  low: number
  high: number
  asked: number
  right: number
  mean_score: number
  share: number
  share_low: number
  share_high: number
}

export interface ModelAgreement {
  model: string
  asked: number
  right: number
  missed: number
  error: number
  bands: Band[]
}

export interface Policy {
  checkpoint: string
  number: number
  thresholds: { ask_from: number; open_from: number; sample: number }
  set_by: string | null
  set_at: string | null
}

export interface ShadowFigures {
  candidate: string
  current: string
  photos: number
  differing: number
  both: number
  only_current: number
  only_candidate: number
  rate_moved: number | null
  ms: number
  first_at: string
  last_at: string
}

export interface ShadowPhoto {
  id: string
  photo_id: string
  store: StoreRef
  current: string
  candidate: string
  looked_at: string
  width: number
  height: number
  both: number
  only_current: Box[]
  only_candidate: Box[]
  current_rate: number | null
  candidate_rate: number | null
  image_url: string
}
