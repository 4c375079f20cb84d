import type { Text } from '../api/types'
import { MAX_PHOTO_BYTES, readPhoto } from '../media/photo'
import type { Recording } from '../media/recorder.svelte'
import { keepMedia } from '../offline/media'
import type { MediaKind } from '../offline/model'
import { t } from '../i18n/index.svelte'
import { app } from './context'
import { outbox } from './outbox.svelte'
import { session } from './session.svelte'

export interface Place {
  group: string
  item_id: string | null
  label: Text
}

/** Keeps photos on the phone and starts sending them. Returns what a person should know about those not kept. */
export async function keepPhotos(files: File[], source: 'camera' | 'gallery', kind: MediaKind, place: Place): Promise<string[]> {
  const problems: string[] = []
  for (const file of files) {
    if (file.size > MAX_PHOTO_BYTES) problems.push(t('photo.too_large', { name: file.name }))
    else if (file.size === 0) problems.push(t('photo.empty', { name: file.name }))
    else {
      const photo = await readPhoto(file)
      await keepOrExplain(problems, () =>
        keepMedia(app().db, { ...photo, ...place, kind, source, person_id: session.personId, duration_s: null }, new Date()),
      )
    }
  }
  outbox.changed()
  return problems
}

export async function keepRecording(recording: Recording, place: Place): Promise<string[]> {
  const problems: string[] = []
  await keepOrExplain(problems, () =>
    keepMedia(
      app().db,
      { ...recording, ...place, kind: 'voice', source: 'camera', person_id: session.personId, thumb: null },
      new Date(),
    ),
  )
  outbox.changed()
  return problems
}

/** A full phone must be said, in words: the photo would otherwise seem to be kept. */
async function keepOrExplain(problems: string[], keep: () => Promise<unknown>): Promise<void> {
  try {
    await keep()
  } catch (error) {
    if (!(error instanceof DOMException) || error.name !== 'QuotaExceededError') throw error
    problems.push(t('storage.full'))
  }
}
