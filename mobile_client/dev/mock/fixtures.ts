import type { HeardIssue, VoiceNote, AnswerKind, ChecklistItem, NodeRef, Photo, Role, ScoreParts, StoreRef, TaskDetail, VisitDetail } from '../../src/api/types.ts'

const HOUR = 3600_000
export const at = (hours: number) => new Date(Date.now() + hours * HOUR).toISOString()

export const COMPANY: NodeRef = { id: 'c', name: { zh: '好邻居超市', en: 'Good Neighbour Markets' }, kind: 'company' }
export const REGIONS: NodeRef[] = [
  { id: 'r1', name: { zh: '华东区', en: 'East China' }, kind: 'region' },
  { id: 'r2', name: { zh: '华南区', en: 'South China' }, kind: 'region' },
  { id: 'r3', name: { zh: '西南区', en: 'South-west China' }, kind: 'region' },
]
export const STORES: (StoreRef & { region: string })[] = [
  { id: 's1', code: 'SH-001', region: 'r1', name: { zh: '人民路店', en: 'Renmin Road' } },
  { id: 's2', code: 'SH-014', region: 'r1', name: { zh: '陆家嘴地铁站负一层店', en: 'Lujiazui Metro Station, Basement One' } },
  { id: 's3', code: 'GZ-003', region: 'r2', name: { zh: '天河城店', en: 'Tianhe City' } },
  { id: 's4', code: 'CD-007', region: 'r3', name: { zh: '春熙路店', en: 'Chunxi Road' } },
]
export const PEOPLE: Record<string, { id: string; name: string; role: Role; node: NodeRef }> = {
  supervisor: { id: 'p1', name: '王小明', role: 'supervisor', node: REGIONS[0]! },
  manager: { id: 'p2', name: '李店长', role: 'store_manager', node: { id: 's1', name: STORES[0]!.name, kind: 'store' } },
  regional: { id: 'p3', name: '陈经理', role: 'regional_manager', node: REGIONS[0]! },
  hq: { id: 'p4', name: '赵总监', role: 'hq', node: COMPANY },
  admin: { id: 'p5', name: 'Admin', role: 'admin', node: COMPANY },
}
export const DIMENSIONS: [string, string, string][] = [
  ['image', '门店形象', 'Store image'], ['display', '商品陈列', 'Display'], ['availability', '商品在架', 'Availability'],
  ['promotion', '促销执行', 'Promotion'], ['pricing', '价格标签', 'Pricing'], ['hygiene', '卫生清洁', 'Hygiene'],
  ['service', '顾客服务', 'Service'], ['staff', '人员管理', 'Staff'], ['inventory', '库存管理', 'Inventory'],
  ['freshness', '商品鲜度', 'Freshness'], ['equipment', '设备设施', 'Equipment'], ['safety', '安全消防', 'Safety'],
]

const TEMPERATURE: AnswerKind = { kind: 'number', unit: { zh: '℃', en: '°C' }, min: 0, max: 4, lowest: -40, highest: 60, whole: false }
const SCALE: AnswerKind = { kind: 'scale', max: 4, pass_from: 3, anchors: ['很差', '较差', '一般', '较好', '很好'].map((zh, i) => ({ zh, en: ['very poor', 'poor', 'fair', 'good', 'very good'][i]! })) }
const CHOICE: AnswerKind = {
  kind: 'choice',
  choices: [
    { value: 'all', label: { zh: '全部到位', en: 'All in place' }, ok: true },
    { value: 'some', label: { zh: '部分到位', en: 'Some missing' }, ok: false },
    { value: 'none', label: { zh: '没有', en: 'None' }, ok: false },
  ],
}
const rows: [string, string, string, string, ChecklistItem['severity'], AnswerKind, ChecklistItem['evidence']][] = [
  ['availability', 'availability.on_shelf', '货架无空位', 'No gaps on the shelf', 'major', { kind: 'pass_fail' }, 'reading'],
  ['availability', 'availability.top_sellers', '畅销品有货', 'Best sellers in stock', 'critical', { kind: 'pass_fail' }, 'none'],
  ['display', 'display.facing', '排面整齐、正面朝外', 'Products faced up and tidy', 'minor', SCALE, 'none'],
  ['promotion', 'promotion.material', '促销物料到位', 'Promotion material in place', 'major', CHOICE, 'photo'],
  ['freshness', 'freshness.cold_chain', '冷藏柜温度', 'Chiller temperature', 'critical', TEMPERATURE, 'none'],
  ['safety', 'safety.fire_exit', '消防通道畅通，没有货物或杂物堵塞', 'Fire exits clear, with no goods or rubbish in the way', 'critical', { kind: 'pass_fail' }, 'photo'],
]
export const ITEMS: ChecklistItem[] = rows.map(([dimension, checkpoint, zh, en, severity, answer, evidence], i) => ({
  id: `i${i + 1}`, checkpoint, dimension, title: { zh, en }, severity, weight: 3, answer, evidence, required: i !== 3, na_allowed: true,
  standard: { zh: `${zh}：每个陈列位至少有两个排面的商品，缺货不得超过两小时。`, en: `${en}: every slot shows at least two facings, and nothing stays empty for more than two hours.` },
  check: { zh: '正对货架站立，从左到右看一遍。', en: 'Stand facing the shelf and look from left to right.' }, fix: { zh: '补货', en: 'Refill' },
}))
export const CHECKLIST = { id: 'cl', title: { zh: '日常巡店检查表', en: 'Routine store visit' }, latest_version_id: 'clv', latest_number: 1 }

export function photo(id: string, gaps: number[], fields: Partial<Photo> = {}): Photo {
  const base = `/mock-media/${id}?gaps=${gaps.join('-')}`
  return {
    id, visit_id: null, task_id: null, item_id: 'i1', state: 'analysed', problem: null, captured_at: at(-3), image_url: base, thumb_url: base, overlay_url: `${base}&marked=1`,
    reading: { width: 4032, height: 3024, quality: { ok: true, reasons: [] }, gaps: gaps.map(() => ({ box: [0, 0, 1, 1], score: 0.8, row: 0 })), rows: [], oos_rate: gaps.length / 30, model: 'gap-yolov8n-640 1.0', ms: 310 },
    ...fields,
  }
}

const finding = { id: 'f1', source: 'vision' as const, checkpoint: 'availability.on_shelf', dimension: 'availability', title: { zh: '货架上有 3 处空位', en: '3 gaps on the shelf' }, severity: 'major' as const, score: 0.83, place: {}, photo_id: 'ph1', note_id: null, issue_id: 'is1' }

export function tasks(): TaskDetail[] {
  const base = (id: string, store: number, fields: Partial<TaskDetail>): TaskDetail => ({
    id, issue_id: `is-${id}`, store: STORES[store]!, checkpoint: 'availability.on_shelf', dimension: 'availability', title: { zh: '货架空位超过标准', en: 'More gaps on the shelf than the standard allows' },
    severity: 'major', state: 'open', owner: { id: 'p2', name: '李店长', role: 'store_manager' }, started_at: null, due_at: at(20), overdue: false, escalation_level: 0, thumb_url: `/mock-media/ph1?gaps=4-5-17`, version: 1,
    issue: { id: `is-${id}`, title: { zh: '货架空位', en: 'Gaps on the shelf' }, findings: [finding] },
    fix: { zh: '从后仓补货；后仓没有货的，放缺货牌并当天补订。', en: 'Refill from the back room; where there is none, put up an out-of-stock card and order the same day.' },
    before: [photo('ph1', [4, 5, 17])], attempts: [],
    trail: [
      { at: at(-5), actor: '王小明', kind: 'IssueOpened', from: null, to: 'open', why: null, title: { zh: '发现问题', en: 'Issue opened' } },
      { at: at(-5), actor: '系统', kind: 'TaskAssigned', from: null, to: 'open', why: { zh: '指派给离门店最近的负责人: 店长', en: 'given to the nearest one who answers for the store: store manager' }, title: { zh: '任务已指派', en: 'Task assigned' } },
    ],
    ...fields,
  })
  const attempt = (verdict: 'unsure' | 'not_fixed') => ({ id: `at-${verdict}`, photo: photo('ph2', [5]), submitted_at: at(-1), verdict, reasons: [{ code: 'low_overlap', text: { zh: '两张照片只有一部分重合', en: 'The two photos overlap only in part' } }], why: null, score: 0.41, overlay_url: null, decided_by: null, decided_at: at(-1) })
  return [
    base('t1', 0, {}),
    base('t2', 0, { severity: 'critical', overdue: true, due_at: at(-31), escalation_level: 1, dimension: 'safety', checkpoint: 'safety.fire_exit', thumb_url: null, before: [], title: { zh: '消防通道被纸箱堵塞', en: 'Fire exit blocked by cartons' }, owner: { id: 'p3', name: '陈经理', role: 'regional_manager' } }),
    base('t3', 1, { state: 'in_review', severity: 'minor', attempts: [attempt('not_fixed'), attempt('unsure')] }),
    base('t4', 2, { state: 'closed', attempts: [{ ...attempt('unsure'), id: 'at3', verdict: 'fixed', reasons: [], decided_by: '陈经理', why: { zh: '已补满', en: 'Fully stocked' } }] }),
  ]
}

const SCORING: ScoreParts = {
  total: 60, earned: 82.4, critical_failures: [{ zh: '安全出口与疏散通道畅通', en: 'Emergency exits and escape routes are clear' }],
  dimensions: [
    { dimension: 'display', score: 100, earned: 100, answered: 4, failed: 0 },
    { dimension: 'availability', score: 66.7, earned: 66.7, answered: 3, failed: 1 },
    { dimension: 'hygiene', score: 75, earned: 75, answered: 4, failed: 1 },
    { dimension: 'service', score: null, earned: null, answered: 0, failed: 0 },
    { dimension: 'safety', score: 40, earned: 80, answered: 5, failed: 1 },
  ],
}

const heard = (id: string, said: string, fields: Partial<HeardIssue>): HeardIssue => ({
  id, said, checkpoint: 'hygiene.floor', title: { zh: '地面干净', en: 'Floors are clean' }, dimension: 'hygiene', polarity: 'problem', severity: 'minor', span: [0, 3], where: null, what: null, value: null, confidence: 0.9,
  state: 'proposed', answer: null, start: 3, end: 5, issue_id: null, ...fields,
})
const voiceNote: VoiceNote = {
  id: 'n1', visit_id: 'v-done', item_id: null, state: 'transcribed', problem: null, language: 'zh', duration_s: 12.4, text: '三号货架缺货比较多，地面有水渍，请店长处理一下。', heard_text: '三号火架缺货比较多，地面有水渍，请店长处理一下。', empty_reason: null, why_empty: null, segments: [],
  version: 0, corrected_by: null, corrected_at: null, rereading: false, may_correct: true, audio_url: '/mock-media/audio', audio_dropped_at: null,
  statements: [{ span: [0, 10], text: '三号货架缺货比较多，', start: 0, end: 3 }, { span: [10, 16], text: '地面有水渍，', start: 3, end: 5 }, { span: [16, 24], text: '请店长处理一下。', start: 5, end: 8 }],
  issues: [
    heard('h1', '三号货架缺货比较多', { checkpoint: 'availability.on_shelf', title: { zh: '货架不缺货', en: 'Shelves are stocked' }, dimension: 'availability', severity: 'major', where: '三号货架', start: 0, issue_id: 'is1' }),
    heard('h2', '地面有水渍', { state: 'asked', confidence: 0.55 }),
    heard('h3', '冷柜温度正常', { checkpoint: 'equipment.chiller_temperature', title: { zh: '冷柜温度达标', en: 'Chillers are cold enough' }, dimension: 'equipment', polarity: 'ok', state: 'noted' }),
  ],
  corrections: [{ heard: '三号火架', term: '三号货架' }],
}
/** Notes that something went wrong with: it could not be read, it could not be heard, a person typed it. */
const UNHEARD = { text: null, heard_text: null, language: null, duration_s: null, statements: [], issues: [], corrections: [] }
const unreadNote: VoiceNote = {
  ...voiceNote, id: 'n2', issues: [], corrections: [], rereading: true,
  unread: { zh: '文字保留着, 但多次未能识别其中的问题; 可以重新识别', en: 'The text is kept, but what it says could not be understood; it can be read again' },
}
const failedNote: VoiceNote = {
  ...voiceNote, ...UNHEARD, id: 'n3', state: 'failed',
  problem: { zh: '多次识别失败, 录音仍保留; 可以把所说的内容打出来', en: 'The recording could not be heard, and is kept; you can type what was said' },
}
const typedNote: VoiceNote = {
  ...failedNote, id: 'n4', version: 1, typed: true, text: '地面有水渍', corrected_by: '王芳', corrected_at: at(-4),
  statements: [{ span: [0, 5], text: '地面有水渍', start: null, end: null }], issues: [heard('h4', '地面有水渍', { start: null, end: null })],
}

export function visits(): VisitDetail[] {
  const base = (id: string, store: number, fields: Partial<VisitDetail>): VisitDetail => ({
    id, store: STORES[store]!, checklist_version_id: 'clv', checklist_title: CHECKLIST.title, state: 'planned', planned_for: at(2), started_at: null, submitted_at: null, score: null, scoring: null,
    answers: [], photos: [], voice_notes: [], findings: [], issues: [], questions: [], progress: { total: 0, done: 0, failed: 0, complete: true, settled: true }, ...fields,
  })
  return [
    base('v-planned', 0, {}),
    base('v-tomorrow', 1, { planned_for: at(26) }),
    base('v-done', 0, {
      state: 'submitted', started_at: at(-6), submitted_at: at(-5), score: 60, scoring: SCORING, photos: [photo('ph1', [4, 5, 17], { visit_id: 'v-done' }), photo('ph9', [], { state: 'unreadable', reading: null, overlay_url: null, problem: { zh: '不是照片', en: 'Not a photo' } })], findings: [finding, { ...finding, id: 'f2', source: 'speech', score: 0.9, dimension: 'hygiene', severity: 'minor', title: { zh: '地面有水渍', en: 'Water on the floor' } }],
      voice_notes: [voiceNote, unreadNote, failedNote, typedNote],
      issues: [{ id: 'is1', checkpoint: 'availability.on_shelf', title: { zh: '货架空位超过标准', en: 'More gaps on the shelf than the standard allows' }, severity: 'major', state: 'open', task_id: 't1' }],
      progress: { total: 3, done: 3, failed: 1, complete: true, settled: true },
    }),
  ]
}
