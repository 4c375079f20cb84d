const THUMB_SIDE = 320
const THUMB_QUALITY = 0.7
export const MAX_PHOTO_BYTES = 30 * 1024 * 1024

export interface TakenPhoto {
  bytes: ArrayBuffer
  filename: string
  media_type: string
  captured_at: string
  thumb: ArrayBuffer | null
}

export async function readPhoto(file: File): Promise<TakenPhoto> {
  return {
    bytes: await file.arrayBuffer(),
    filename: file.name || 'photo.jpg',
    media_type: file.type || 'application/octet-stream',
    // The file's own time: for a picture from the gallery it is nearer to the truth than now.
    captured_at: new Date(file.lastModified || Date.now()).toISOString(),
    thumb: await thumbnail(file),
  }
}

/** Small JPEG for the screens, so that thirty originals are never decoded for a list. Null where this browser cannot (HEIC). */
async function thumbnail(file: Blob): Promise<ArrayBuffer | null> {
  try {
    const bitmap = await createImageBitmap(file, { resizeWidth: THUMB_SIDE, resizeQuality: 'medium' })
    const canvas = document.createElement('canvas')
    canvas.width = bitmap.width
    canvas.height = bitmap.height
    canvas.getContext('2d')?.drawImage(bitmap, 0, 0)
    bitmap.close()
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/jpeg', THUMB_QUALITY))
    return blob ? await blob.arrayBuffer() : null
  } catch {
    return null
  }
}
