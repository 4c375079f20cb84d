import type { Text } from '../api/types'
import { MAX_PHOTO_BYTES, readPhoto } from '../media/photo'
import type { RecordingSink } from '../media/recorder.svelte'
import { newId } from '../offline/ids'
import { keepMedia } from '../offline/media'
import type { MediaKind } from '../offline/model'
import { ABANDONED_MS, beginRecording, discardRecording, finishRecording, keepPiece, recoverRecordings } from '../offline/recordings'
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

/** Keeps a voice note while it is being spoken. `kept` is called when it is whole and on its way. */
export function recordingAt(place: Place, kept: () => void): RecordingSink {
  const id = newId()
  const { db } = app()
  return {
    begin: (start) => beginRecording(db, { id, ...start, ...place, person_id: session.personId }),
    piece: (n, bytes) => keepPiece(db, id, n, bytes, Date.now()),
    finish: async (duration_s) => {
      await finishRecording(db, id, duration_s, new Date())
      outbox.changed()
      kept()
    },
    discard: () => discardRecording(db, id),
  }
}

/** After a killed page: what was spoken becomes a voice note like any other. */
export async function recoverKilledRecordings(): Promise<void> {
  if (session.phase !== 'signed_in') return
  const { saved, running } = await recoverRecordings(app().db, session.personId, new Date())
  if (saved > 0) outbox.changed()
  if (running) setTimeout(() => void recoverKilledRecordings(), ABANDONED_MS)
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
