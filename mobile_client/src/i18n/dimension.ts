import { t } from './index.svelte'
import { zh, type Key } from './zh'

/** A dimension's name from our own table: the twelve are fixed, and the phone may be offline. */
export function dimensionTitle(code: string): string {
  const key = `dimension.${code}`
  return key in zh ? t(key as Key) : code
}
