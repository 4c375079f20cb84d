import type { NodeKind, StoreRef, Text } from '../api/types'

export type CampaignKind = 'poster' | 'wobbler' | 'shelf_strip'
export type Timing = 'running' | 'upcoming' | 'ended'

/** Without name: it lies above the caller's part of the tree. */
export interface PlaceRef {
  id: string
  name: Text | null
  kind: NodeKind | null
}

export interface ArtworkView {
  id: string
  width: number
  height: number
  feature_count: number
  thumb_url: string
  display_url: string
  added_at: string
}

export interface Campaign {
  id: string
  name: Text
  kind: CampaignKind
  starts: string
  ends: string
  timing: Timing
  places: PlaceRef[]
  artworks: ArtworkView[]
  version: number
}

export type Showing = 'shown' | 'hidden' | 'turned' | 'unsure' | 'missing'

export interface RegionShowing {
  node: PlaceRef
  stores: number
  shown: number
  faulty: number
  missing: number
  unknown: number
}

export interface Coverage {
  total: RegionShowing
  regions: RegionShowing[]
  stores: { store: StoreRef; state: Showing | null; at: string | null; visit_id: string | null; photo_id: string | null }[]
}

export type Point = [number, number]

export interface SightingCopy {
  corners: Point[]
  visible: number
  in_frame: number
  angle: number
  upright: boolean
  score: number
}

export interface Sighting {
  artwork_id: string
  campaign_id: string
  campaign_name: Text
  kind: CampaignKind
  timing: Timing
  found: boolean
  corners: Point[] | null
  visible: number
  in_frame: number | null
  angle: number | null
  upright: boolean | null
  score: number
  rivals: Text[]
  copies: SightingCopy[]
  thumb_url: string | null
}

export interface PhotoMaterial {
  photo_id: string
  width: number | null
  height: number | null
  looked: boolean
  for_material: boolean
  telling: boolean
  model: string | null
  sightings: Sighting[]
}
