/* A dashboard's page with the unmodified scripts of pusher-js and laravel-echo, which are loaded before this one. */

/** Values that the page has received so far, by name. */
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

  /** The data of the next event of a channel. */
  next(channel, event) {
    const subscribed = pusher.channel(channel) ?? pusher.subscribe(channel)
    return once((name, callback) => subscribed.bind(name, callback), event)
  },

  /** How a connection with other options ends, if it is refused. */
  refusal({ port, key, token }) {
    const other = new globalThis.Pusher(key, options(port, token))
    return once((name, callback) => other.connection.bind(name, callback), 'error')
  },

  /** The number of connections so far, and stats after the last of them. */
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
      csrfToken: 'a token as in Laravel',
    })
    const subscribed = echo.private(`tenant.${tenant}.dashboard-stats`)
    const answer = await Promise.race([
      once((name, callback) => subscribed.listen(name, callback), event),
      new Promise(resolve => subscribed.error(refusal => resolve({ refusal }))),
    ])
    echo.disconnect()
    return answer
  },
}
