/** Times in words. Pure: `now` and the locale are arguments. */

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
]

/** "in 3 hours", "2 days ago", 「3小时后」: in the largest unit that fits, rounded towards now. */
export function relative(at: string | number, now: number, locale: string): string {
  const span = (typeof at === 'number' ? at : Date.parse(at)) - now
  const format = new Intl.RelativeTimeFormat(locale, { numeric: 'always' })
  for (const [unit, size] of UNITS) {
    if (Math.abs(span) >= size) return format.format(Math.trunc(span / size), unit)
  }
  return format.format(span < 0 ? -1 : 1, 'minute')
}

/** A length of time: "3 h", "2 d"; for "overdue by …". */
export function span(ms: number, locale: string): string {
  for (const [unit, size] of UNITS) {
    if (Math.abs(ms) >= size) return spanOf(Math.trunc(Math.abs(ms) / size), unit, locale)
  }
  return spanOf(1, 'minute', locale)
}

function spanOf(count: number, unit: Intl.RelativeTimeFormatUnit, locale: string): string {
  return new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' }).format(count)
}

export function dateTime(at: string, locale: string): string {
  return new Intl.DateTimeFormat(locale, { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' }).format(new Date(at))
}

/** With its year: for what may lie long ago. */
export function date(at: string, locale: string): string {
  return new Intl.DateTimeFormat(locale, { year: 'numeric', month: 'short', day: 'numeric' }).format(new Date(at))
}

export function day(at: string, locale: string): string {
  return new Intl.DateTimeFormat(locale, { month: 'short', day: 'numeric', weekday: 'short' }).format(new Date(at))
}

export function minutesSeconds(seconds: number): string {
  const whole = Math.floor(seconds)
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
}
