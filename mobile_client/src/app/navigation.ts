import type { Role } from '../api/types'
import type { Key } from '../i18n/zh'
import type { IconName } from '../ui/Icon.svelte'

export interface NavItem {
  key: string
  to: string
  label: Key
  icon: IconName
}

const ITEMS = {
  visits: { key: 'visits', to: '/visits', label: 'nav.visits', icon: 'visits' },
  tasks: { key: 'tasks', to: '/tasks', label: 'nav.tasks', icon: 'tasks' },
  heatmap: { key: 'heatmap', to: '/heatmap', label: 'nav.heatmap', icon: 'heatmap' },
  stores: { key: 'stores', to: '/stores', label: 'nav.stores', icon: 'stores' },
  outbox: { key: 'outbox', to: '/outbox', label: 'nav.outbox', icon: 'outbox' },
  notices: { key: 'notifications', to: '/notifications', label: 'nav.notices', icon: 'bell' },
  review: { key: 'review', to: '/review', label: 'nav.review', icon: 'search' },
  model: { key: 'model', to: '/admin/model', label: 'nav.model', icon: 'layers' },
  campaigns: { key: 'campaigns', to: '/campaigns', label: 'nav.campaigns', icon: 'promo' },
  prices: { key: 'prices', to: '/prices', label: 'nav.prices', icon: 'tag' },
  doubts: { key: 'doubts', to: '/doubts', label: 'nav.doubts', icon: 'warn' },
  words: { key: 'words', to: '/admin/words', label: 'nav.words', icon: 'mic' },
  jobs: { key: 'jobs', to: '/admin/jobs', label: 'nav.jobs', icon: 'jobs' },
  people: { key: 'people', to: '/admin/people', label: 'nav.people', icon: 'user' },
  settings: { key: 'settings', to: '/settings', label: 'nav.settings', icon: 'settings' },
} as const satisfies Record<string, NavItem>

type Name = keyof typeof ITEMS

/** In the order each role needs them; the first four are the phone's bottom bar, the rest is under "more". */
const BY_ROLE: Record<Role, Name[]> = {
  supervisor: ['visits', 'tasks', 'outbox', 'review', 'stores', 'campaigns', 'heatmap'],
  store_manager: ['tasks', 'visits', 'outbox', 'stores', 'campaigns'],
  regional_manager: ['tasks', 'heatmap', 'visits', 'outbox', 'review', 'stores', 'campaigns', 'prices', 'doubts', 'people'],
  hq: ['heatmap', 'stores', 'tasks', 'visits', 'campaigns', 'prices', 'words', 'outbox', 'review', 'model', 'doubts', 'people', 'jobs'],
  admin: ['heatmap', 'jobs', 'model', 'doubts', 'people', 'stores', 'campaigns', 'prices', 'words', 'tasks', 'visits'],
  integration: ['heatmap', 'stores'],
}
const STRONGEST_FIRST: Role[] = ['admin', 'hq', 'regional_manager', 'supervisor', 'store_manager', 'integration']
const MAIN_COUNT = 4

export interface Navigation {
  main: NavItem[]
  all: NavItem[]
}

/** A person with several roles gets the order of the widest one, and whatever the others add. */
export function navigationFor(roles: Role[]): Navigation {
  const names = STRONGEST_FIRST.filter((role) => roles.includes(role)).flatMap((role) => BY_ROLE[role])
  const unique = [...new Set<Name>([...names, 'notices', 'settings'])]
  const all = unique.map((name) => ITEMS[name])
  return { all, main: all.slice(0, MAIN_COUNT) }
}
