import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Connect, Plugin } from 'vite'
import { answer, MockServer, type Reply } from './server.ts'

/** A backend in memory for working on the screens: `npm run dev` and `npm run preview` without a server. Never in the build. */
export function mockBackend(): Plugin {
  const server = new MockServer()
  const middleware: Connect.NextHandleFunction = (request, response, next) => {
    const url = new URL(request.url ?? '/', 'http://mock')
    if (!url.pathname.startsWith('/api/') && !url.pathname.startsWith('/mock-media/')) return next()
    void body(request).then((bytes) => {
      if (url.pathname.endsWith('/live')) return stream(server, url, response)
      send(response, answer(server, request.method ?? 'GET', url, request.headers, bytes))
    })
  }
  return {
    name: 'storepatrol-mock-backend',
    configureServer: (vite) => void vite.middlewares.use(middleware),
    configurePreviewServer: (vite) => void vite.middlewares.use(middleware),
  }
}

async function body(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

function send(response: ServerResponse, { status, headers = {}, json, text }: Reply): void {
  response.writeHead(status, { 'Content-Type': json === undefined ? 'text/plain' : 'application/json', ...headers })
  response.end(json === undefined ? (text ?? '') : JSON.stringify(json))
}

function stream(server: MockServer, url: URL, response: ServerResponse): void {
  const visit = server.visits.find((one) => one.id === url.pathname.split('/')[4])
  response.writeHead(200, { 'Content-Type': 'text/event-stream' })
  const tick = setInterval(() => {
    if (!visit) return
    server.analyseOne(visit)
    const photos = visit.photos.map(({ id, state, reading }) => ({ id, state, gaps: reading?.gaps.length ?? null, oos_rate: reading?.oos_rate ?? null }))
    response.write(`event: progress\ndata: ${JSON.stringify({ ...visit.progress, photos, notes: [] })}\n\n`)
    if (visit.progress.complete) {
      clearInterval(tick)
      response.end()
    }
  }, 900)
  response.on('close', () => clearInterval(tick))
}
