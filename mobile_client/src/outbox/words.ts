import { locale, t } from '../i18n/index.svelte'
import { relative } from '../i18n/when'
import type { Entry } from '../offline/model'
import type { Why } from '../offline/why'

export function inWords(why: Why): string {
  switch (why.kind) {
    case 'done':
      return t('why.done')
    case 'sending':
      return why.percent === null ? t('why.sending') : t('why.sending_percent', { percent: why.percent })
    case 'offline':
      return t('why.offline')
    case 'sign_in':
      return t('why.sign_in')
    case 'next':
      return t('why.next')
    case 'after_visit':
      return t('why.after_visit')
    case 'after_uploads':
      return why.failed > 0
        ? t('why.after_failed', { n: why.failed, total: why.total })
        : t('why.after_uploads', { next: why.done + 1, total: why.total })
    case 'unreachable':
      return t('why.unreachable', { when: relative(why.at, Date.now(), locale()) })
    case 'later':
      return t('why.later', { said: why.said, when: relative(why.at, Date.now(), locale()) })
    case 'rejected':
      return t('why.rejected', { said: why.said || String(why.status) })
    case 'damaged':
      return t('why.damaged')
    case 'gone':
      return t('why.gone')
  }
}

export function nameOf(entry: Entry, kind: 'photo' | 'voice' | 'after' | undefined): string {
  if (entry.kind === 'upload') return t(`entry.${kind ?? 'photo'}`)
  return t(`entry.${entry.kind}`)
}

export function fileSize(bytes: number): string {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`
}
