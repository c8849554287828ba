import { RouterConnection } from '../../../src/routeros/wire/connection.ts'
import { matches } from '../../harness/fleet/query.ts'
import { parseRequest, type Request } from '../../harness/fleet/request.ts'
import { HandClock } from '../../runtime/hand-clock.ts'
import { dialled, PATIENT_MS, roomy } from './dialled.ts'
import { type Peer, type PeerClient, startPeer, tagOf } from './scripted-peer.ts'

export type MenuRow = Readonly<Record<string, string>>

/** The rows of each menu when it is printed, or the message of the trap that refuses it. */
export type Menus = Record<string, (() => readonly MenuRow[] | string) | undefined>

export interface MenuPeer extends Peer {
  /** By path, such as `/ppp/active`; a test may change them at any time. Others are missing menus. */
  readonly menus: Menus
  /** Each command so far, without its tag; tests may empty the list. */
  readonly asked: string[]
  /** Called before a menu is printed, and after all its rows were sent. */
  beforePrint: (menu: string) => void
  afterPrint: (menu: string) => void
  /** Sends a row to those who listen to a menu. */
  report(menu: string, row: MenuRow): void
}

interface Listener {
  readonly client: PeerClient
  readonly menu: string
  readonly tag: string
}

/** A router whose menus are controlled by the test. Commands are answered one after the other. */
export async function startMenuPeer(menus: Menus): Promise<MenuPeer> {
  const asked: string[] = []
  const listeners: Listener[] = []
  const peer = await startPeer(async client => {
    await client.admit()
    for (;;) {
      const words = await client.next()
      if (words.length === 0) return
      asked.push(words.filter(word => !word.startsWith('.tag=')).join(' '))
      answer(client, parseRequest(words.map(word => Buffer.from(word, 'latin1'))), tagOf(words))
    }
  })
  const self: MenuPeer = {
    ...{ ...peer, menus, asked, beforePrint: () => {}, afterPrint: () => {} },
    report(menu, row) {
      for (const { client, tag } of listeners.filter(it => it.menu === menu))
        client.say('!re', tag, ...wordsOf(row))
    },
  }

  function answer(client: PeerClient, request: Request, tag: string): void {
    if (request.verb === 'listen') {
      listeners.push({ client, menu: request.menu, tag })
      return
    }
    self.beforePrint(request.menu)
    const shown = menus[request.menu]?.() ?? 'no such command prefix'
    if (typeof shown === 'string') client.say('!trap', tag, `=message=${shown}`)
    else {
      const properties = request.attributes.get('.proplist')?.split(',')
      for (const row of shown) {
        if (!matches(request.queries, key => row[key])) continue
        client.say('!re', tag, ...wordsOf(row, properties))
      }
    }
    client.say('!done', tag)
    self.afterPrint(request.menu)
  }

  return self
}

function wordsOf(row: MenuRow, properties?: readonly string[]): readonly string[] {
  const words = Object.entries(row).filter(([key]) => properties?.includes(key) ?? true)
  return words.map(([key, value]) => `=${key}=${value}`)
}

/** The peer, and a connection that is logged in to it. */
export async function menuConversation(
  menus: Menus,
): Promise<{ peer: MenuPeer; connection: RouterConnection; clock: HandClock }> {
  const peer = await startMenuPeer(menus)
  const clock = new HandClock('2026-11-24T12:00:00Z')
  const connection = new RouterConnection(await dialled(peer), { clock, timeoutMs: PATIENT_MS, ...roomy() })
  return { peer, connection, clock }
}
