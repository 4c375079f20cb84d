import { createHash, randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Answer, Heatmap, HeatmapRow, VisitDetail } from '../../src/api/types.ts'
import * as fixtures from './fixtures.ts'
import { shelf } from './pictures.ts'

export interface Reply {
  status: number
  json?: unknown
  text?: string
  headers?: Record<string, string>
}

interface Upload {
  length: number
  parts: Buffer[]
  metadata: Record<string, string>
}

export class MockServer {
  visits = fixtures.visits()
  tasks = fixtures.tasks()
  uploads = new Map<string, Upload>()
  who = ''
  voice = { keep_days: null as number | null, mask_numbers: true, version: 0, late: 0, unheard_days: 7 }
  jobs = [{ id: 'j1', kind: 'photo.analyse', state: 'dead', attempts: 5, last_error: 'PhotoError: the file ends in the middle of the picture', subject: 'photo 0197-aaaa', created_at: fixtures.at(-7), version: 3 }]
  notices = [
    { id: 'no1', at: fixtures.at(-1), kind: 'TaskEscalated', title: { zh: '任务逾期，已升级给您：消防通道被纸箱堵塞', en: 'Overdue and escalated to you: fire exit blocked by cartons' }, reason: { zh: '您是该店的上级', en: 'You are one level above the store' }, task_id: 't2', read: false },
    { id: 'no2', at: fixtures.at(-30), kind: 'TaskAssigned', title: { zh: '新任务：货架空位超过标准', en: 'New task: more gaps on the shelf than allowed' }, reason: { zh: '您负责此店', en: 'You are responsible for the store' }, task_id: 't1', read: true },
  ]

  analyseOne(visit: VisitDetail): void {
    const photo = visit.photos.find((one) => one.state === 'stored')
    if (photo) Object.assign(photo, fixtures.photo(photo.id, [3, 14], { visit_id: visit.id }))
    const done = visit.photos.filter((one) => one.state !== 'stored').length
    visit.progress = { total: visit.photos.length, done, failed: 0, complete: done === visit.photos.length, settled: done === visit.photos.length }
  }
}

type Handler = (server: MockServer, parts: { id: string; url: URL; body: Record<string, unknown> }) => Reply
const page = (items: unknown[]): Reply => ({ status: 200, json: { items, next: null } })
const found = (value: unknown): Reply => (value ? { status: 200, json: value } : problem(404, 'not_found', 'Not found'))
const problem = (status: number, code: string, detail: string): Reply => ({ status, json: { title: code, detail, status, code }, headers: { 'Content-Type': 'application/problem+json' } })

const ROUTES: [method: string, pattern: RegExp, Handler][] = [
  ['POST', /^\/session$/, (server, { body }) => {
    if (!fixtures.PEOPLE[body.login as string]) return problem(401, 'session.wrong', '账号或密码不正确 / Wrong login or password')
    server.who = body.login as string
    return { status: 200, json: { access_token: 'mock', expires_in: 600, refresh_token: null } }
  }],
  ['POST', /^\/session\/refresh$/, (server) => (server.who ? { status: 200, json: { access_token: 'mock', expires_in: 600 } } : problem(401, 'session.no_token', 'Sign in first'))],
  ['DELETE', /^\/session$/, (server) => ((server.who = ''), { status: 204 })],
  ['GET', /^\/me$/, (server) => {
    const person = fixtures.PEOPLE[server.who]!
    return { status: 200, json: { ...person, login: server.who, language: 'zh', company: fixtures.COMPANY, roles: [{ role: person.role, node: person.node }] } }
  }],
  ['GET', /^\/visits$/, (server, { url }) => page(server.visits.filter((visit) => !url.searchParams.get('store_id') || visit.store.id === url.searchParams.get('store_id')))],
  ['PUT', /^\/visits\/([^/]+)$/, (server, { id, body }) => {
    const store = fixtures.STORES.find((one) => one.id === body.store_id)!
    const visit: VisitDetail = { ...fixtures.visits()[0]!, id, store, state: 'in_progress', started_at: body.started_at as string }
    if (!server.visits.some((one) => one.id === id)) server.visits.push(visit)
    return { status: 201, json: visit }
  }],
  ['GET', /^\/visits\/([^/]+)$/, (server, { id }) => found(server.visits.find((one) => one.id === id))],
  ['POST', /^\/visits\/([^/]+)\/submit$/, (server, { id, body }) => {
    const visit = server.visits.find((one) => one.id === id)
    if (!visit) return problem(404, 'visit.unknown', 'No such visit')
    Object.assign(visit, { state: 'submitted', submitted_at: fixtures.at(0), score: 82, answers: body.answers as Answer[] })
    visit.progress = { total: visit.photos.length, done: 0, failed: 0, complete: visit.photos.length === 0, settled: visit.photos.length === 0 }
    return { status: 200, json: visit }
  }],
  ['GET', /^\/org\/nodes$/, () => page(fixtures.STORES.map((store) => ({ ...store, kind: 'store', parent_id: store.region, time_zone: 'Asia/Shanghai', version: 1 })))],
  ['GET', /^\/checklists$/, () => page([fixtures.CHECKLIST])],
  ['GET', /^\/checklist-versions\/([^/]+)$/, () => ({ status: 200, json: { id: 'clv', checklist_id: 'cl', number: 1, title: fixtures.CHECKLIST.title, items: fixtures.ITEMS } })],
  ['GET', /^\/tasks$/, (server, { url }) => {
    const ask = (name: string) => url.searchParams.get(name)
    const me = fixtures.PEOPLE[server.who]?.id
    return page(server.tasks.filter((task) => (!ask('mine') || task.owner?.id === me) && (!ask('overdue') || task.overdue) && (ask('state') !== 'unfinished' || task.state !== 'closed') && (!ask('dimension') || task.dimension === ask('dimension'))))
  }],
  ['GET', /^\/tasks\/([^/]+)$/, (server, { id }) => found(server.tasks.find((one) => one.id === id))],
  ['POST', /^\/tasks\/([^/]+)\/start$/, (server, { id }) => found(Object.assign(server.tasks.find((one) => one.id === id)!, { started_at: fixtures.at(0) }))],
  ['POST', /^\/tasks\/([^/]+)\/decide$/, (server, { id, body }) => {
    const task = server.tasks.find((one) => one.id === id)!
    Object.assign(task, { state: body.verdict === 'fixed' ? 'closed' : 'open', version: task.version + 1 })
    return { status: 200, json: task }
  }],
  ['GET', /^\/photos\/([^/]+)$/, (_server, { id }) => ({ status: 200, json: fixtures.photo(id, [4, 5, 17]) })],
  ['GET', /^\/notifications$/, (server, { url }) => page(server.notices.filter((notice) => !url.searchParams.get('unread') || !notice.read))],
  ['POST', /^\/notifications\/([^/]+)\/read$/, (server, { id }) => (Object.assign(server.notices.find((one) => one.id === id)!, { read: true }), { status: 200, json: {} })],
  ['GET', /^\/reports\/heatmap$/, (_server, { url }) => ({ status: 200, json: heatmap(url.searchParams.get('node_id')) })],
  ['GET', /^\/reports\/stores$/, (_server, { url }) => page(fixtures.STORES.filter((store) => [null, store.region, store.id, 'c'].includes(url.searchParams.get('node_id'))).map((store, i) => ({ store, score: [58, 74.5, 91, null][i], open_tasks: 4 - i, overdue_tasks: i === 0 ? 2 : 0, last_visit_at: i === 3 ? null : fixtures.at(-30 * (i + 1)) })))],
  ['GET', /^\/jobs$/, (server) => page(server.jobs)],
  ['GET', /^\/jobs\/summary$/, () => ({ status: 200, json: [{ queue: 'vision', ready: 2, running: 1, dead: 1, oldest_s: 4 }, { queue: 'speech', ready: 0, running: 0, dead: 0, oldest_s: null }] })],
  ['POST', /^\/jobs\/([^/]+)\/rerun$/, (server) => ((server.jobs = []), { status: 200, json: {} })],
  ['GET', /^\/settings\/voice$/, (server) => ({ status: 200, json: server.voice })],
  ['GET', /^\/settings\/voice\/preview$/, () => ({ status: 200, json: { recordings: 128 } })],
  ['PUT', /^\/settings\/voice$/, (server, { body }) => {
    if (body.version !== server.voice.version) return problem(409, 'voice_settings.stale', 'Changed meanwhile')
    server.voice = { ...server.voice, ...body, version: server.voice.version + 1 }
    return { status: 200, json: server.voice }
  }],
  ['GET', /^\/people$/, () => page(Object.entries(fixtures.PEOPLE).map(([login, person]) => ({ ...person, login, roles: [{ role: person.role, node: person.node }] })))],
]

function heatmap(nodeId: string | null): Heatmap {
  const region = fixtures.REGIONS.find((one) => one.id === nodeId)
  const nodes = region ? fixtures.STORES.filter((one) => one.region === region.id).map(({ id, name }) => ({ id, name, kind: 'store' as const })) : fixtures.REGIONS
  const row = (node: HeatmapRow['node'], r: number): HeatmapRow => ({
    node, visits: 4, score: 64 + r * 12,
    cells: fixtures.DIMENSIONS.map(([dimension], c) => ({ dimension, score: (r + c) % 7 === 5 ? null : (37 + r * 23 + c * 31) % 71 + 30, answers: 40, failed: (r * 3 + c) % 6, open_issues: (r * 2 + c) % 4 })),
  })
  return { node: region ?? fixtures.COMPANY, columns: fixtures.DIMENSIONS.map(([dimension, zh, en]) => ({ dimension, title: { zh, en } })), rows: nodes.map(row), total: row(fixtures.COMPANY, 1) }
}

export function answer(server: MockServer, method: string, url: URL, headers: IncomingHttpHeaders, bytes: Buffer): Reply {
  if (url.pathname.startsWith('/mock-media/')) {
    const gaps = (url.searchParams.get('gaps') ?? '').split('-').filter(Boolean).map(Number)
    return { status: 200, text: shelf(url.pathname.length, gaps, url.searchParams.has('marked')), headers: { 'Content-Type': 'image/svg+xml' } }
  }
  const path = url.pathname.replace('/api/v1', '')
  if (path.startsWith('/uploads')) return upload(server, method, path, headers, bytes)
  for (const [wanted, pattern, handle] of ROUTES) {
    const hit = method === wanted && pattern.exec(path)
    if (hit) return handle(server, { id: hit[1] ?? '', url, body: bytes.length ? (JSON.parse(bytes.toString()) as Record<string, unknown>) : {} })
  }
  return problem(404, 'route.unknown', `${method} ${path}`)
}

/** The part of tus 1.0 that our client speaks. */
function upload(server: MockServer, method: string, path: string, headers: IncomingHttpHeaders, bytes: Buffer): Reply {
  const tus = { 'Tus-Resumable': '1.0.0' }
  if (method === 'POST') {
    const id = randomUUID()
    const pairs = String(headers['upload-metadata']).split(',').map((pair) => pair.split(' '))
    const metadata = Object.fromEntries(pairs.map(([key, value]) => [key, Buffer.from(value ?? '', 'base64').toString()]))
    server.uploads.set(id, { length: Number(headers['upload-length']), parts: [], metadata })
    return { status: 201, headers: { ...tus, Location: `/api/v1/uploads/${id}`, 'Upload-Offset': '0' } }
  }
  const one = server.uploads.get(path.split('/')[2] ?? '')
  if (!one) return { ...problem(404, 'upload.unknown', 'No such upload'), headers: tus }
  if (method === 'PATCH') one.parts.push(bytes)
  const whole = Buffer.concat(one.parts)
  const state: Record<string, string> = { ...tus, 'Upload-Offset': String(whole.length), 'Upload-Length': String(one.length) }
  if (whole.length < one.length) return { status: method === 'HEAD' ? 200 : 204, headers: state }
  if (one.metadata.kind !== 'voice' && whole.subarray(0, 4).toString() === '%PDF') {
    return { ...problem(415, 'upload.not_a_photo', '这不是照片文件 / This is not a photo'), headers: tus }
  }
  arrive(server, one.metadata)
  return { status: method === 'HEAD' ? 200 : 204, headers: { ...state, 'X-Storepatrol-Sha256': createHash('sha256').update(whole).digest('hex') } }
}

function arrive(server: MockServer, metadata: Record<string, string>): void {
  const visit = server.visits.find((one) => one.id === metadata.visit_id)
  if (visit && metadata.kind === 'photo') visit.photos.push(fixtures.photo(metadata.id!, [], { state: 'stored', reading: null, overlay_url: null }))
  const task = server.tasks.find((one) => one.id === metadata.task_id)
  if (!task) return
  task.state = 'fix_submitted'
  setTimeout(() => {
    task.state = 'closed'
    task.attempts.push({ id: metadata.id!, photo: fixtures.photo(metadata.id!, []), submitted_at: fixtures.at(0), verdict: 'fixed', reasons: [], why: null, score: 0.9, overlay_url: null, decided_by: null, decided_at: fixtures.at(0) })
  }, 3000)
}
