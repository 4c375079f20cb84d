import { locale, t, tx } from '../i18n/index.svelte'
import type { Campaign } from './model'

/** Calendar days have no zone: each store begins and ends in its own. */
export function calendarDay(date: string): string {
  return new Intl.DateTimeFormat(locale(), { year: 'numeric', month: 'short', day: 'numeric', timeZone: 'UTC' }).format(new Date(`${date}T00:00:00Z`))
}

export function datesOf(campaign: Pick<Campaign, 'starts' | 'ends'>): string {
  return `${calendarDay(campaign.starts)} – ${calendarDay(campaign.ends)}`
}

export function placesOf(campaign: Campaign): string {
  const named = campaign.places.flatMap((place) => (place.name ? [tx(place.name)] : []))
  return named.length > 0 ? named.join(', ') : t('campaign.place_above')
}

export function today(): string {
  const now = new Date()
  return new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 10)
}
