import { onTestFinished } from 'vitest'
import { ALL_ROWS } from '../../../src/accounting/limits/admission.ts'
import { budgetOf } from '../../../src/routeros/wire/budget.ts'
import { type ConnectionOptions, RouterConnection } from '../../../src/routeros/wire/connection.ts'
import { type Address, dial, type Trust } from '../../../src/routeros/wire/dial.ts'
import type { Line } from '../../../src/routeros/wire/line.ts'
import { RepliesInFlight } from '../../../src/routeros/wire/replies-in-flight.ts'
import { HandClock } from '../../runtime/hand-clock.ts'
import { type Peer, type PeerClient, startPeer } from './scripted-peer.ts'

/** Longer than any test takes. */
export const PATIENT_MS = 20_000

export const NEVER = new AbortController().signal

interface Target {
  readonly host: string
  readonly port: number
}

export function addressOf({ host, port }: Target, more: Partial<Address> = {}): Address {
  return { host, port, username: 'usage', password: 'secret', tls: undefined, ...more }
}

/** Dials, and closes the line after the test. */
export async function dialled(target: Target, more: Partial<Address> = {}): Promise<Line> {
  const line = await dial(addressOf(target, more), 'utf-8', PATIENT_MS, NEVER)
  onTestFinished(() => {
    line.socket.destroy()
  })
  return line
}

/** A budget and a count of replies without practical limits. */
export function plainLink() {
  return { admission: () => ALL_ROWS, ...roomy() } as const
}

/** More sessions than any test sends. */
export function roomy(): Pick<ConnectionOptions, 'budget' | 'replies'> {
  return { budget: budgetOf(20_000), replies: new RepliesInFlight(1e9) }
}

/** The error of a dial that fails. */
export async function failureOf(target: Target, more: Partial<Address> = {}, timeoutMs = PATIENT_MS) {
  try {
    const line = await dial(addressOf(target, more), 'utf-8', timeoutMs, NEVER)
    line.socket.destroy()
  } catch (error) {
    return error
  }
  throw new Error('it logged in')
}

export function trusting(trust: Partial<Trust>): Trust {
  return { ca: undefined, fingerprint: undefined, ...trust }
}

interface Conversation {
  readonly connection: RouterConnection
  readonly client: PeerClient
  readonly peer: Peer
}

/** A connection that is logged in to a peer controlled by the test. */
export async function conversation(options: Partial<ConnectionOptions> = {}): Promise<Conversation> {
  const { timeoutMs = PATIENT_MS, clock = new HandClock('2026-11-24T12:00:00Z') } = options
  const peer = await startPeer()
  const coming = peer.next().then(async client => {
    await client.admit()
    return client
  })
  const line = await dialled(peer)
  const connection = new RouterConnection(line, { ...roomy(), ...options, clock, timeoutMs })
  return { connection, client: await coming, peer }
}
