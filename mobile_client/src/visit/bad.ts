import type { ChecklistItem, Photo, Text } from '../api/types'
import type { Flaw } from '../media/quality'
import type { Media } from '../offline/model'
import { groupByDimension, type NumberedItem } from './answers'

/** A photo that should be taken again while one is still in the shop, and why: in the server's words or by our own look. */
export interface BadPhoto {
  media: Media
  /** Null for a photo of the visit as a whole. */
  where: NumberedItem | null
  advice: Text[]
  flaws: Flaw[]
}

/** `seen`: the server's photos of the visit, as far as it has them. Once it has looked at one, its word is the one that holds. */
export function badPhotos(items: ChecklistItem[], media: Media[], seen: Photo[]): BadPhoto[] {
  const numbered = groupByDimension(items).flatMap((group) => group.items)
  const judged = new Map(seen.filter(({ state }) => state === 'analysed' || state === 'unreadable').map((photo) => [photo.id, photo]))
  return media
    .filter(({ kind }) => kind === 'photo')
    .map((one) => {
      const photo = judged.get(one.id)
      const where = numbered.find(({ item }) => item.id === one.item_id) ?? null
      if (!photo) return { media: one, where, advice: [], flaws: one.flaws ?? [] }
      return { media: one, where, advice: photo.problem ? [photo.problem] : (photo.advice ?? []), flaws: [] }
    })
    .filter(({ advice, flaws }) => advice.length + flaws.length > 0)
}
