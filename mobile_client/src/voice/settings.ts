/** What a company lets happen to its recordings. Pure. */

export const MOST_DAYS = 3650

export interface VoiceSettings {
  /** null: for ever; 0: until the note is transcribed. */
  keep_days: number | null
  mask_numbers: boolean
  /** 0: nobody has chosen yet. */
  version: number
  /** Recordings that should have been deleted an hour ago and are still there. */
  late: number
  unheard_days: number
}

export const PERIODS = ['ever', 'days', 'heard'] as const
export type Period = (typeof PERIODS)[number]

export function periodOf(keepDays: number | null): Period {
  if (keepDays === null) return 'ever'
  return keepDays === 0 ? 'heard' : 'days'
}

/** The days a choice means; undefined where the number makes no sense. */
export function daysOf(period: Period, days: number | null): number | null | undefined {
  if (period === 'ever') return null
  if (period === 'heard') return 0
  return days !== null && Number.isInteger(days) && days >= 1 && days <= MOST_DAYS ? days : undefined
}

/** Whether recordings go sooner than before: then a person is asked, because what is deleted stays so. */
export function isShorter(before: number | null, after: number | null): boolean {
  return after !== null && (before === null || after < before)
}
