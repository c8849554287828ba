import type { Page } from 'playwright-core'

/** Puts so many sessions in the place of those that the feed tells, each with bytes that grow. */
export async function tellMany(page: Page, count: number): Promise<void> {
  let told = 0
  await page.routeWebSocket(/\/ws$/, socket => {
    const server = socket.connectToServer()
    server.onMessage(text => {
      const message: { readonly type: string } = JSON.parse(String(text))
      if (message.type !== 'sessions') return socket.send(text)
      told++
      socket.send(JSON.stringify({ ...message, sessions: sessionsAt(told, count) }))
    })
  })
}

function sessionsAt(told: number, count: number): readonly object[] {
  return Array.from({ length: count }, (_, n) => ({
    id: `session-${n}`,
    service: n % 2 === 0 ? 'ppp' : 'hotspot',
    username: `user-${n}`,
    router: `router-${n % 40}`,
    ip_address: `10.1.${n >> 8}.${n & 255}`,
    mac_address: null,
    start_time: '2026-11-24T10:00:00Z',
    upload: n * told * 1000,
    download: ((n * 7919) % count) * told * 100_000,
    upload_bps: n,
    download_bps: ((n * 104_729) % count) * 1000 * (told % 3),
  }))
}

/** Milliseconds that the page, signed out, takes each time to bring its table up to date and lay it out. */
export async function updateTimes(page: Page, count: number): Promise<readonly number[]> {
  const told = [1, 2, 3, 4, 5].map(times => sessionsAt(times, count))
  const times = await page.evaluate(`
    Promise.all([import('/dashboard/session-table.js'), import('/dashboard/instant.js')]).then(
      ([{ SessionTable }, { LocalTime }]) => {
        const board = document.getElementById('board')
        board.replaceChildren(document.getElementById('board-page').content.cloneNode(true))
        board.hidden = false
        const table = new SessionTable(new LocalTime('UTC'))
        return ${JSON.stringify(told)}.map(sessions => {
          const beganMs = performance.now()
          table.update(sessions, '2026-11-24T10:00:00Z', new LocalTime('UTC'))
          board.getBoundingClientRect()
          return performance.now() - beganMs
        })
      })`)
  return Array.isArray(times) ? times.map(ms => Math.round(Number(ms))) : []
}
