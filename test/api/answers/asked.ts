import { KEY } from '../../auth/pusher-serving.ts'
import { PAGE, type Servers } from './servers.ts'

/** A request to record. */
export interface Asked {
  /** Such as `GET /healthz`. HTTP/1.1 with a host, unless it names a version. Latin-1. */
  readonly line: string
  /** The token that is sent; none if left out. */
  readonly as?: 'acme' | 'admin' | 'forged' | 'later'
  /** Whole lines. */
  readonly headers?: readonly string[]
  readonly body?: string
  /** The next request on the same connection. */
  readonly next?: Asked
  /** `{etag}` in the headers stands for the ETag of this path, for acme. */
  readonly etagOf?: string
  /** Whether our side of the connection ends after the request. */
  readonly isHalfClosed?: boolean
  /** Whether the body differs each time, so that it is not recorded. */
  readonly isBodyLeftOut?: boolean
}

export interface Group {
  readonly name: string
  readonly server: Parameters<Servers['at']>[0]
  /** Sent in this order, each on its own connection. */
  readonly asked: readonly Asked[]
}

const STATS = '/api/dashboard/stats'
const USAGE = '/api/usage'
const FORM = '/broadcasting/auth'
const ORIGIN = `Origin: ${PAGE}`
const ELSEWHERE = 'Origin: https://evil.example'
const PREFLIGHT = ['Access-Control-Request-Method: GET', 'Access-Control-Request-Headers: authorization']
const ENCODED = 'Content-Type: application/x-www-form-urlencoded'
const JSON_TYPE = 'Content-Type: application/json'
const OWN = 'socket_id=123.456&channel_name=private-tenant.acme.dashboard-stats'
const OWN_JSON = '{"socket_id":"123.456","channel_name":"private-tenant.acme.dashboard-stats","more":[7]}'

/** A request for each line. */
function lines(...of: readonly string[]): readonly Asked[] {
  return of.map(line => ({ line }))
}

function post(body: string, ...headers: readonly string[]): Asked {
  return { line: `POST ${FORM}`, as: 'acme', headers, body }
}

export const GROUPS: readonly Group[] = [
  {
    name: 'pages',
    server: 'daemon',
    asked: [
      ...lines('GET /healthz', 'HEAD /healthz', 'GET /readyz', 'GET /ws', 'HEAD /ws', 'GET /ws?x=1'),
      ...lines(`GET /app/${KEY}?protocol=7&client=js`, 'GET /app/other', 'GET /status', 'GET /dashboard/'),
      { line: 'GET /metrics', isBodyLeftOut: true },
      { line: 'HEAD /metrics', isBodyLeftOut: true },
      ...lines('GET /metrics?x=1', 'GET /healthz?', 'GET /healthz?verbose', 'GET /healthz?a=1&a=2'),
      ...lines('GET /healthz?%', 'GET /healthz?%E0%A4%A=1', 'GET /healthz?%61=1&+b=2'),
    ],
  },
  {
    name: 'methods',
    server: 'daemon',
    asked: [
      ...lines('POST /healthz', 'DELETE /healthz', 'PROPFIND /healthz', 'TRACE /healthz'),
      ...lines('OPTIONS /healthz', 'OPTIONS /nowhere', 'OPTIONS *', 'POST /nowhere', 'HEAD /nowhere'),
      ...lines('BREW /healthz', 'get /healthz', 'CONNECT /healthz'),
      { line: `DELETE ${STATS}`, as: 'acme' },
      { line: `POST ${USAGE}`, as: 'acme', headers: [ENCODED], body: 'x=1', next: { line: 'GET /healthz' } },
      ...lines(`GET ${FORM}`, `HEAD ${FORM}`, `OPTIONS ${FORM}`),
      { line: `PUT ${FORM}`, as: 'acme', headers: [ENCODED], body: OWN },
      {
        line: 'POST /nowhere',
        headers: ['Content-Type: nonsense'],
        body: OWN,
        next: { line: 'GET /healthz' },
      },
      { line: `OPTIONS ${STATS}`, headers: [JSON_TYPE], body: '{', next: { line: 'GET /healthz' } },
    ],
  },
  {
    name: 'targets',
    server: 'daemon',
    asked: [
      ...lines('GET /', 'GET //', 'GET //healthz', 'GET /healthz/', 'GET /HEALTHZ', 'GET /healthz;x'),
      ...lines(
        'GET /%',
        'GET /%68ealthz',
        'GET /healthz%2f',
        'GET /healthz%00',
        'GET /%c0%af',
        'GET /healthz%',
      ),
      ...lines('GET /./healthz', 'GET /x/../healthz', 'GET /%2e/healthz', 'GET /\\healthz', 'GET /__proto__'),
      ...lines('GET /constructor', 'GET /healthz#x', 'GET /h\u00e9althz', 'GET http://tikmeter/healthz'),
      ...lines('GET https://elsewhere.example:1/healthz', 'GET healthz', 'GET *', 'GET ?x=1'),
      ...lines(`GET /${'x'.repeat(8_000)}`, `GET /${'x'.repeat(20_000)}`, 'GET /health z'),
    ],
  },
  {
    name: 'connections',
    server: 'daemon',
    asked: [
      { line: 'GET /healthz', headers: ['Connection: close'] },
      { line: 'GET /healthz', next: { line: 'HEAD /healthz', next: { line: 'GET /nowhere' } } },
      { line: 'HEAD /healthz', headers: ['Connection: close'] },
      ...lines(
        'GET /healthz HTTP/1.0',
        'HEAD /healthz HTTP/1.0',
        'OPTIONS / HTTP/1.0',
        'GET /healthz HTTP/1.1',
      ),
      { line: 'GET /healthz HTTP/1.0', headers: ['Connection: keep-alive'] },
      { line: 'GET /healthz HTTP/1.1', headers: ['Host: a b'] },
      { line: 'GET /healthz HTTP/1.1', headers: ['Host: [::1]:8090'] },
      { line: 'GET /healthz HTTP/1.1', headers: ['Host:'] },
      { line: 'GET /healthz HTTP/1.1', headers: ['Host: a', 'Host: b'] },
      { line: 'GET /healthz', headers: ['no colon'] },
      { line: 'GET /healthz', headers: [`X: ${'x'.repeat(20_000)}`] },
      { line: 'GET /healthz', headers: ['Content-Length: 5'], body: 'hello', next: { line: 'GET /readyz' } },
      { line: 'GET /healthz', headers: ['Content-Length: x'] },
      { line: 'GET /healthz', headers: ['Content-Length: 1', 'Transfer-Encoding: chunked'] },
      { line: 'GET /healthz', headers: ['Expect: wonders'] },
      { line: 'GET /healthz', headers: ['Accept-Version: 2.x', 'X-HTTP-Method-Override: DELETE'] },
      { line: 'GET /nowhere', headers: ['Connection: Upgrade', 'Upgrade: websocket'] },
      { line: 'GET /ws', headers: ['Connection: Upgrade', 'Upgrade: websocket'] },
    ],
  },
  {
    name: 'tokens',
    server: 'daemon',
    asked: [
      { line: `GET ${STATS}`, as: 'acme' },
      { line: `HEAD ${STATS}`, as: 'acme' },
      { line: `GET ${STATS}?tenant=acme`, as: 'acme' },
      { line: `GET ${STATS}?tenant=globex`, as: 'acme' },
      { line: `GET ${STATS}?tennant=acme`, as: 'acme' },
      { line: `GET ${STATS}?tenant=acme&tenant=globex`, as: 'acme' },
      { line: `GET ${STATS}`, as: 'admin' },
      { line: `GET ${STATS}?tenant=globex`, as: 'admin' },
      { line: `GET ${STATS}`, as: 'forged' },
      { line: `GET ${STATS}`, as: 'later' },
      ...lines(`GET ${STATS}`, `HEAD ${STATS}`, `GET ${STATS}?x=1`, `GET ${STATS}?access_token=acme`),
      { line: `GET ${STATS}`, headers: ['Authorization: Basic YWNtZTo='] },
      { line: `GET ${STATS}`, headers: ['authorization: bearer   acme  '] },
      { line: `GET ${STATS}`, headers: ['Authorization: Bearer acme', 'Authorization: Bearer forged'] },
      { line: 'GET /api/system/dashboard/stats', as: 'admin' },
      { line: 'GET /api/system/dashboard/stats', as: 'acme' },
    ],
  },
  {
    name: 'usage',
    server: 'daemon',
    asked: [
      { line: `GET ${USAGE}`, as: 'acme' },
      { line: `HEAD ${USAGE}`, as: 'acme' },
      { line: `GET ${USAGE}?limit=2`, as: 'acme' },
      { line: 'GET /api/usage/top?period=all', as: 'acme' },
      { line: 'GET /api/usage/forecast', as: 'acme' },
      { line: `GET ${USAGE}?limit=0&by=century&from=2026-02-30`, as: 'acme' },
      { line: `GET ${USAGE}?user=${'x'.repeat(256)}`, as: 'acme' },
      { line: `GET ${USAGE}?cursor=x&format=xml`, as: 'acme' },
      { line: `GET ${USAGE}?colour=red`, as: 'acme' },
      { line: `GET ${USAGE}?user=down`, as: 'acme' },
      { line: `GET ${USAGE}?user=bug`, as: 'acme' },
      ...['{etag}', 'W/{etag}', '"x", W/{etag}', '*', '"x"', 'x'].map(
        (tags): Asked => ({
          line: `GET ${USAGE}`,
          as: 'acme',
          headers: [`If-None-Match: ${tags}`, ORIGIN],
          etagOf: USAGE,
        }),
      ),
      { line: `HEAD ${USAGE}`, as: 'acme', headers: ['If-None-Match: {etag}'], etagOf: USAGE },
      { line: `GET ${USAGE}`, as: 'forged', headers: ['If-None-Match: {etag}'], etagOf: USAGE },
    ],
  },
  {
    name: 'csv',
    server: 'daemon',
    asked: [
      { line: `GET ${USAGE}?format=csv`, as: 'acme', headers: ['If-None-Match: *'] },
      { line: `GET ${USAGE}`, as: 'acme', headers: ['Accept: text/csv', ORIGIN] },
      { line: `GET ${USAGE}`, as: 'acme', headers: ['Accept: text/csv;q=0.5, application/json'] },
      { line: `HEAD ${USAGE}?format=csv`, as: 'acme' },
      { line: `HEAD ${USAGE}?format=csv&limit=1`, as: 'acme' },
      { line: `GET ${USAGE}?format=csv&limit=1`, as: 'acme' },
      { line: `GET ${USAGE}?format=csv HTTP/1.0`, as: 'acme' },
      { line: `GET ${USAGE}?format=csv&user=down`, as: 'acme' },
      { line: `GET ${USAGE}?format=csv&user=bug`, as: 'acme' },
      { line: `GET ${USAGE}?format=csv&user=breaks`, as: 'acme' },
      { line: `GET ${USAGE}?format=csv&user=breaks HTTP/1.0`, as: 'acme' },
    ],
  },
  {
    name: 'cors',
    server: 'daemon',
    asked: [
      { line: `GET ${STATS}`, as: 'acme', headers: [ORIGIN] },
      { line: `GET ${STATS}`, as: 'forged', headers: [ORIGIN] },
      { line: `GET ${STATS}`, as: 'acme', headers: [ELSEWHERE] },
      { line: `GET ${STATS}`, as: 'acme', headers: ['Origin: null'] },
      { line: 'GET /nowhere', headers: [ORIGIN] },
      { line: `PUT ${STATS}`, headers: [ORIGIN] },
      { line: `OPTIONS ${STATS}`, headers: [ORIGIN, ...PREFLIGHT] },
      { line: `OPTIONS ${STATS}`, headers: [ELSEWHERE, ...PREFLIGHT] },
      { line: `OPTIONS ${STATS}`, headers: PREFLIGHT },
      { line: `OPTIONS ${STATS}`, headers: [ORIGIN] },
      { line: `OPTIONS ${FORM}`, headers: [ORIGIN, 'Access-Control-Request-Method: POST'] },
      { line: 'OPTIONS /nowhere', headers: [ORIGIN, ...PREFLIGHT] },
      { line: `GET ${USAGE}?user=down`, as: 'acme', headers: [ORIGIN] },
      { line: 'GET /ws', headers: [ORIGIN] },
    ],
  },
  {
    name: 'forms',
    server: 'daemon',
    asked: [
      { ...post(OWN, ENCODED), next: { line: 'GET /healthz' } },
      post(OWN, 'Content-Type:  Application/X-WWW-Form-Urlencoded ; charset=utf-8', ORIGIN),
      post(OWN_JSON, JSON_TYPE),
      post(OWN_JSON, 'Content-Type: application/json;charset=latin1'),
      post(`${OWN}&socket_id=7.8`, ENCODED),
      post('socket_id=1.2', ENCODED),
      post('socket_id=%zz&channel_name=x', ENCODED),
      post('socket_id=1.2&channel_name=private-tenant.globex.dashboard-stats', ENCODED),
      ...['', '{', 'null', '[]', '7', '{"socket_id":1.2}', '{"__proto__":{"socket_id":"1.2"}}'].map(body =>
        post(body, JSON_TYPE),
      ),
      post('', ENCODED),
      { ...post(OWN, 'Content-Type: text/plain'), next: { line: 'GET /healthz' } },
      post(OWN),
      { line: `POST ${FORM}`, as: 'acme' },
      post(OWN, 'Content-Type: multipart/form-data; boundary=x'),
      post(OWN, 'Content-Type: nonsense'),
      post('x'.repeat(4_096), ENCODED),
      post('x'.repeat(4_097), ENCODED),
      post(`1388\r\n${'x'.repeat(5_000)}\r\n0\r\n\r\n`, ENCODED, 'Transfer-Encoding: chunked'),
      { ...post('socket_id=1', ENCODED, 'Content-Length: 50'), isHalfClosed: true },
      { ...post(OWN, ENCODED), line: `POST ${FORM}?x=1` },
      { line: `POST ${FORM}`, headers: [ENCODED], body: OWN, next: { line: 'GET /healthz' } },
      { line: `POST ${FORM}`, as: 'forged', headers: [ENCODED], body: OWN },
      { line: `POST ${FORM}`, as: 'later', headers: ['Content-Type: text/plain'], body: OWN },
      post(OWN, ENCODED, 'Content-Encoding: gzip'),
    ],
  },
  {
    name: 'dashboard',
    server: 'dashboard',
    asked: [
      ...lines('GET /dashboard', 'HEAD /dashboard', 'GET /dashboard/', 'GET /dashboard/index.html'),
      ...lines('HEAD /dashboard/client/feed.js', 'GET /dashboard/client/feed.js', 'GET /dashboard/?x=1'),
      { line: 'GET /dashboard/', headers: ['If-None-Match: {etag}'], etagOf: '/dashboard/' },
      { line: 'GET /dashboard/client/feed.js', headers: ['If-None-Match: {etag}'], etagOf: '/dashboard/' },
      ...lines('POST /dashboard/', 'OPTIONS /dashboard/', 'GET /dashboard/client', 'GET /dashboard/client/'),
      ...lines('GET /dashboard/client/../index.html', 'GET /dashboard/client/%2e%2e/index.html'),
      ...lines(
        'GET /dashboard/client%2ffeed.js',
        'GET /dashboard/..\\secret.js',
        'GET /dashboard//index.html',
      ),
    ],
  },
  {
    name: 'limits',
    server: 'strict',
    asked: [
      ...lines('GET /healthz', 'GET /healthz', 'HEAD /readyz'),
      { line: `GET ${STATS}`, headers: [ORIGIN] },
      { line: `GET ${STATS}`, headers: [ORIGIN] },
      ...lines('GET /nowhere', `OPTIONS ${STATS}`, 'GET http://tikmeter/healthz'),
      { line: `GET ${STATS}`, as: 'forged' },
      { line: `GET ${STATS}`, as: 'forged', headers: [ORIGIN] },
      { line: `DELETE ${STATS}`, as: 'acme' },
      { line: `GET ${USAGE}`, as: 'acme' },
      { line: `GET ${USAGE}`, as: 'acme', headers: [ORIGIN] },
      { line: `GET ${STATS}`, as: 'acme' },
    ],
  },
  {
    name: 'control',
    server: 'control',
    asked: [
      { line: 'GET /status', isBodyLeftOut: true },
      { line: 'HEAD /status', isBodyLeftOut: true },
      { line: 'GET /status HTTP/1.0', isBodyLeftOut: true },
      { line: 'GET /status', headers: [ORIGIN], isBodyLeftOut: true },
      ...lines('GET /status?x=1', 'POST /status', 'OPTIONS /status', 'GET /healthz', 'GET /', 'BREW /status'),
    ],
  },
]
