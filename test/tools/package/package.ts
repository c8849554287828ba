import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { utf8 } from '../../harness/fleet/name.ts'
import { SimulatedRouter } from '../../harness/fleet/simulated-router.ts'
import { steadyTraffic } from '../../harness/fleet/traffic.ts'
import { type Account, asOrdinaryUser, ourAccount } from './account.ts'
import { firstRun } from './first-run.ts'
import { installNode, NEWEST, OLDEST } from './other-node.ts'
import { pack } from './packed.ts'

/** The package, from `npm pack` to a daemon that ran: as root in a closed home, and as ordinary users. */

async function main(): Promise<void> {
  // Open to all, like a shared folder of programs.
  const shared = mkdtempSync(join(tmpdir(), 'tikmeter-package-'))
  chmodSync(shared, 0o755)
  const hq = new SimulatedRouter({ identity: 'hq' })
  const north = new SimulatedRouter({
    identity: 'north',
    users: [{ name: 'usage', password: 'another', policy: ['read', 'api'] }],
  })
  populate(hq)
  await Promise.all([hq.start(), north.start()])
  try {
    const packed = pack(shared)
    const us = ourAccount()
    const own = (account: Account, home: string) => ({
      ...{ packed, installer: account, account, options: [] },
      ...{ prefix: join(home, 'prefix'), folder: join(home, 'site') },
      routers: [hq, north] as const,
    })
    if (us.uid !== 0) return await firstRun({ title: 'as an ordinary user', ...own(us, shared) })
    await inClosedHome(home => firstRun({ title: 'as root in a closed home', ...own(us, home) }))
    await asOrdinaryUser(async user => {
      await firstRun({ title: 'as an ordinary user', ...own(user, user.home) })
      await firstRun({
        title: 'as an ordinary user, of what root installed without install scripts',
        ...own(user, user.home),
        ...{ installer: us, options: ['--ignore-scripts'] },
        ...{ prefix: join(shared, 'prefix'), folder: join(user.home, 'site-of-root') },
      })
      for (const version of [OLDEST, NEWEST])
        await firstRun({
          title: `as an ordinary user, on Node ${version}`,
          ...own(user, user.home),
          ...{ prefix: join(user.home, `prefix-${version}`), folder: join(user.home, `site-${version}`) },
          node: installNode(version, shared),
        })
    })
  } finally {
    await Promise.all([hq.stop(), north.stop()])
    rmSync(shared, { recursive: true })
  }
}

async function inClosedHome(use: (home: string) => Promise<void>): Promise<void> {
  const home = mkdtempSync(join(ourAccount().home, 'tikmeter-package-'))
  chmodSync(ourAccount().home, 0o700)
  chmodSync(home, 0o700)
  try {
    await use(home)
  } finally {
    rmSync(home, { recursive: true })
  }
}

function populate(router: SimulatedRouter): void {
  const traffic = steadyTraffic({ upload: 40_000, download: 400_000 })
  router.login({
    ...{ protocol: 'hotspot', name: utf8('ann'), address: '192.168.10.8', macAddress: '02:00:00:00:00:01' },
    ...{ traffic, loggedInForMs: 600_000 },
  })
  router.login({
    ...{ protocol: 'pppoe', name: utf8('bob'), address: '10.0.0.8', callerId: '02:00:00:00:00:02' },
    ...{ traffic, loggedInForMs: 3_600_000 },
  })
}

await main()
