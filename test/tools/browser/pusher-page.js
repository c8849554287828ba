/* What a dashboard's page does with the unmodified scripts of pusher-js and laravel-echo, which are there before this one. */

/** What the page has got so far, by its name. */
const got = new Map()
let pusher

function once(on, event) {
  return new Promise(resolve => on(event, resolve))
}

function server(port) {
  return {
    cluster: '',
    wsHost: '127.0.0.1',
    wsPort: port,
    forceTLS: false,
    enabledTransports: ['ws', 'wss'],
  }
}

function options(port, token) {
  return {
    ...server(port),
    channelAuthorization: {
      endpoint: `http://127.0.0.1:${port}/broadcasting/auth`,
      transport: 'ajax',
      headers: { Authorization: `Bearer ${token}` },
    },
  }
}

globalThis.page = {
  connect({ port, key, token }) {
    pusher = new globalThis.Pusher(key, options(port, token))
  },

  /** What the next event of a channel brings. */
  next(channel, event) {
    const its = pusher.channel(channel) ?? pusher.subscribe(channel)
    return once((name, callback) => its.bind(name, callback), event)
  },

  /** How a connection with other options ends, if not well. */
  refusal({ port, key, token }) {
    const other = new globalThis.Pusher(key, options(port, token))
    return once((name, callback) => other.connection.bind(name, callback), 'error')
  },

  /** The number of connections up to now, and stats after the last of them. */
  watchRestarts(channel) {
    got.set('connections', 0)
    pusher.connection.bind('connected', () => got.set('connections', got.get('connections') + 1))
    return this.next(channel, 'stats.updated')
  },

  async afterRestart(channel) {
    if (got.get('connections') === 0)
      await once((name, callback) => pusher.connection.bind(name, callback), 'connected')
    return this.next(channel, 'stats.updated')
  },

  async echo({ port, key, token }, tenant, event) {
    const echo = new globalThis.Echo.default({
      broadcaster: 'pusher',
      key,
      ...server(port),
      authEndpoint: `http://127.0.0.1:${port}/broadcasting/auth`,
      bearerToken: token,
      csrfToken: 'as Laravel has it',
    })
    const its = echo.private(`tenant.${tenant}.dashboard-stats`)
    const answer = await Promise.race([
      once((name, callback) => its.listen(name, callback), event),
      new Promise(resolve => its.error(refusal => resolve({ refusal }))),
    ])
    echo.disconnect()
    return answer
  },
}
