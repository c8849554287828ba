import type { Page } from 'playwright-core'

/** Replaces the feed's sessions by `count` others, whose bytes grow. */
export async function sendMany(page: Page, count: number): Promise<void> {
  let sent = 0
  await page.routeWebSocket(/\/ws$/, socket => {
    const server = socket.connectToServer()
    server.onMessage(text => {
      const message: { readonly type: string } = JSON.parse(String(text))
      if (message.type !== 'sessions') return socket.send(text)
      sent++
      socket.send(JSON.stringify({ ...message, sessions: sessionsAt(sent, count) }))
    })
  })
}

function sessionsAt(turn: number, count: number): readonly object[] {
  return Array.from({ length: count }, (_, n) => ({
    id: `session-${n}`,
    service: n % 2 === 0 ? 'ppp' : 'hotspot',
    username: `user-${n}`,
    router: `router-${n % 40}`,
    ip_address: `10.1.${n >> 8}.${n & 255}`,
    mac_address: null,
    start_time: '2026-11-24T10:00:00Z',
    upload: n * turn * 1000,
    download: ((n * 7919) % count) * turn * 100_000,
    upload_bps: n,
    download_bps: ((n * 104_729) % count) * 1000 * (turn % 3),
  }))
}

/** Milliseconds that the page, signed out, takes for each update of its table, including the layout. */
export async function updateTimes(page: Page, count: number): Promise<readonly number[]> {
  const updates = [1, 2, 3, 4, 5].map(times => sessionsAt(times, count))
  const times = await page.evaluate(`
    Promise.all([import('/dashboard/session-table.js'), import('/dashboard/instant.js')]).then(
      ([{ SessionTable }, { LocalTime }]) => {
        const board = document.getElementById('board')
        board.replaceChildren(document.getElementById('board-page').content.cloneNode(true))
        board.hidden = false
        const table = new SessionTable(new LocalTime('UTC'))
        return ${JSON.stringify(updates)}.map(sessions => {
          const beganMs = performance.now()
          table.update(sessions, '2026-11-24T10:00:00Z', new LocalTime('UTC'))
          board.getBoundingClientRect()
          return performance.now() - beganMs
        })
      })`)
  return Array.isArray(times) ? times.map(ms => Math.round(Number(ms))) : []
}
