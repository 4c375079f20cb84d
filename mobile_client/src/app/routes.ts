/** Names of the screens, by their pattern. */
export const ROUTES = {
  home: '/',
  visits: '/visits',
  visitNew: '/visits/new',
  visit: '/visits/:id',
  visitReview: '/visits/:id/review',
  visitResult: '/visits/:id/result',
  outbox: '/outbox',
  tasks: '/tasks',
  task: '/tasks/:id',
  notices: '/notifications',
  heatmap: '/heatmap',
  stores: '/stores',
  store: '/stores/:id',
  photo: '/photos/:id',
  doubts: '/doubts',
  review: '/review',
  reviewOf: '/review/:id',
  model: '/admin/model',
  campaigns: '/campaigns',
  campaignNew: '/campaigns/new',
  campaign: '/campaigns/:id',
  prices: '/prices',
  priceList: '/prices/:id',
  words: '/admin/words',
  jobs: '/admin/jobs',
  people: '/admin/people',
  more: '/more',
  settings: '/settings',
} as const

export type RouteName = keyof typeof ROUTES

export interface Match {
  name: RouteName | 'unknown'
  path: string
  params: Record<string, string>
  query: Record<string, string>
}

export function match(hash: string): Match {
  const [path = '/', search = ''] = (hash.replace(/^#/, '') || '/').split('?')
  const query = Object.fromEntries(new URLSearchParams(search))
  for (const [name, pattern] of Object.entries(ROUTES)) {
    const params = matchPattern(pattern, path)
    if (params) return { name: name as RouteName, path, params, query }
  }
  return { name: 'unknown', path, params: {}, query }
}

function matchPattern(pattern: string, path: string): Record<string, string> | null {
  const wanted = pattern.split('/')
  const given = path.split('/')
  if (wanted.length !== given.length) return null
  const params: Record<string, string> = {}
  for (const [i, part] of wanted.entries()) {
    if (part.startsWith(':')) params[part.slice(1)] = decodeURIComponent(given[i]!)
    else if (part !== given[i]) return null
  }
  return params
}

/** Address of a list with filters; empty ones are left out. */
export function withQuery(path: string, query: Record<string, string | null | undefined>): string {
  const pairs = Object.entries(query).filter((pair): pair is [string, string] => !!pair[1])
  return pairs.length > 0 ? `${path}?${new URLSearchParams(pairs)}` : path
}
