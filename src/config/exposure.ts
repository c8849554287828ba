import { statSync } from 'node:fs'
import * as z from 'zod'
import type { Fault } from './fault.ts'
import { isPlainText } from './fields/secret-source.ts'
import { DISK, filesOfConfig } from './include/files.ts'
import { readAlone } from './include/read-whole.ts'

const OTHERS_MAY_READ = 0o004

const value = z.unknown().optional()
const outline = z.object({
  database: z.object({ url: value, read_url: value }).optional(),
  bus: z.object({ password: value, token: value, creds: value }).optional(),
  auth: z.object({ secret: value, keys: z.array(z.object({ secret: value })).default([]) }).optional(),
  server: z.object({ metrics: z.object({ token: value }).optional() }).optional(),
  pusher: z.object({ secret: value }).optional(),
  publish: z.object({ pusher: z.object({ secret: value }).optional() }).optional(),
  smtp: z.object({ password: value }).optional(),
  tenants: z
    .array(
      z.object({
        routers: z.array(z.object({ password: value })).default([]),
        webhooks: z.array(z.object({ url: value, secret: value })).default([]),
      }),
    )
    .default([]),
})

/**
 * Finds the first plain-text secret in the files of a config that every user of this machine can read.
 * @param file a config without faults
 * @param include its patterns of included files
 */
export function exposedSecret(file: string, include: readonly string[]): Fault | undefined {
  if (process.platform === 'win32') return undefined
  const [first, ...others] = filesOfConfig(file, include).filter(mayOthersRead).flatMap(exposedIn)
  if (first === undefined || others.length === 0) return first
  const also = others.length === 1 ? '1 more file' : `${others.length} more files`
  return { ...first, message: `${first.message}; ${also} have some too` }
}

function exposedIn(file: string): readonly Fault[] {
  const read = readAlone(file, DISK)
  const path = read.kind === 'read' ? firstPlainSecret(read.whole.values) : undefined
  if (read.kind === 'unreadable' || path === undefined) return []
  const message = `is a secret in plain text, and every user of this machine may read it: chmod 640 ${file}, or write \${NAME}`
  return [read.whole.locate({ path, message })]
}

function mayOthersRead(file: string): boolean {
  return ((statSync(file, { throwIfNoEntry: false })?.mode ?? 0) & OTHERS_MAY_READ) !== 0
}

function firstPlainSecret(values: unknown): readonly PropertyKey[] | undefined {
  const { data } = outline.safeParse(values)
  if (data === undefined) return undefined
  const secrets: (readonly [readonly PropertyKey[], unknown])[] = [
    [['database', 'url'], data.database?.url],
    [['database', 'read_url'], data.database?.read_url],
    [['bus', 'password'], data.bus?.password],
    [['bus', 'token'], data.bus?.token],
    [['bus', 'creds'], data.bus?.creds],
    [['auth', 'secret'], data.auth?.secret],
    ...(data.auth?.keys ?? []).map(({ secret }, key) => [['auth', 'keys', key, 'secret'], secret] as const),
    [['server', 'metrics', 'token'], data.server?.metrics?.token],
    [['pusher', 'secret'], data.pusher?.secret],
    [['publish', 'pusher', 'secret'], data.publish?.pusher?.secret],
    [['smtp', 'password'], data.smtp?.password],
    ...data.tenants.flatMap(({ routers, webhooks }, tenant) => [
      ...routers.map(
        ({ password }, router) => [['tenants', tenant, 'routers', router, 'password'], password] as const,
      ),
      ...webhooks.flatMap(({ url, secret }, webhook) => {
        const path = ['tenants', tenant, 'webhooks', webhook]
        return [[[...path, 'url'], url] as const, [[...path, 'secret'], secret] as const]
      }),
    ]),
  ]
  return secrets.find(([, secret]) => isPlainText(secret))?.[0]
}
