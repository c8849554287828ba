import { addBytes, NO_BYTES } from '../../../src/accounting/bytes.ts'
import type { Service } from '../../../src/accounting/reading.ts'
import type { SimulatedSession } from '../../harness/fleet/session.ts'
import { leewayOf, leewayOfBoth } from './bound.ts'
import type { FleetSubscriber, SubscriberAccount, UnsafeGap } from './fleet-messages.ts'
import type { Window } from './history.ts'
import type { RouterLog } from './router-log.ts'

/**
 * The bytes that the record must have for each subscriber, and by how much it may differ.
 * @param logs of the routers behind one address
 */
export function accountsOf(
  logs: readonly RouterLog[],
  gaps: readonly UnsafeGap[],
): readonly SubscriberAccount[] {
  const accounts = new Map<string, SubscriberAccount>()
  for (const log of logs)
    for (const account of accountsOfOne(log, gaps)) {
      const key = `${account.service}/${account.username}`
      const other = accounts.get(key)
      accounts.set(key, other ? together(other, account) : account)
    }
  return [...accounts.values()]
}

function together(one: SubscriberAccount, other: SubscriberAccount): SubscriberAccount {
  return {
    ...one,
    carried: addBytes(one.carried, other.carried),
    tail: addBytes(one.tail, other.tail),
    leeway: leewayOfBoth(one.leeway, other.leeway),
    isLiedAbout: one.isLiedAbout || other.isLiedAbout,
  }
}

function accountsOfOne(log: RouterLog, gaps: readonly UnsafeGap[]): readonly SubscriberAccount[] {
  const bySubscriber = new Map<string, SimulatedSession[]>()
  for (const session of log.router.sessions.all()) {
    const key = `${session.service}/${session.login.name.text}`
    bySubscriber.set(key, [...(bySubscriber.get(key) ?? []), session])
  }
  return [...bySubscriber.values()].flatMap(sessions => {
    const [first] = sessions
    if (!first) return []
    const histories = sessions.map(session => log.historyOf(session))
    return {
      router: log.router.identity,
      service: first.service,
      username: first.login.name.text,
      carried: sessions.map(it => log.router.truthOf(it).carried).reduce(addBytes, NO_BYTES),
      tail: histories.map(({ tail }) => tail).reduce(addBytes, NO_BYTES),
      leeway: leewayOf(histories, windowsOf(log, first.service, gaps)),
      isLiedAbout: sessions.some(session => log.wasLiedAbout(session)),
    }
  })
}

/** The sessions of a subscriber and the windows on their router, reading by reading. */
export function storyOf(log: RouterLog, subscriber: FleetSubscriber, gaps: readonly UnsafeGap[]): unknown {
  const { service, username } = subscriber
  const sessions = [...log.router.sessions.all()].filter(
    it => it.service === service && it.login.name.text === username,
  )
  return {
    subscriber,
    windows: windowsOf(log, service, gaps),
    sessions: sessions.map(session => ({
      ...log.router.truthOf(session),
      ...log.historyOf(session),
      lies: log.liesOf(session),
    })),
  }
}

function windowsOf(log: RouterLog, service: Service, gaps: readonly UnsafeGap[]): readonly Window[] {
  return gaps.filter(gap => gap.router === log.router.identity).map(gap => log.windowOf(service, gap))
}
