import type { Photo } from '../api/types'

/** What every browser can show of a photo; the original only while, or where, there is nothing else. */
export function pictureOf(photo: Pick<Photo, 'image_url' | 'display_url'>): string {
  return photo.display_url ?? photo.image_url
}
