import { pino } from 'pino'
import { routerId, routerKey, tenantId } from '../../../../src/accounting/ids.ts'
import { PollMetrics } from '../../../../src/poller/poll-metrics.ts'
import { Poller } from '../../../../src/poller/poller.ts'
import { Router } from '../../../../src/routeros/router.ts'
import { systemClock } from '../../../../src/runtime/clock.ts'
import { Metrics } from '../../../../src/runtime/metrics.ts'
import type { SimulatedService } from '../../../harness/services.ts'
import { plainLink } from '../../../routeros/wire/dialled.ts'
import { newRouterServices } from '../../../services/router-services.ts'
import { answerParent, sweptMemory } from '../child.ts'
import { cpuMs } from '../measure.ts'
import type { DaemonQuestion } from './idle-messages.ts'

/** The measured process: the daemon's poller, with routers that were read once and will be read again next year. */

const NEXT_YEAR = '0 0 0 1 1 *'
const SERVICES: readonly SimulatedService[] = ['hotspot', 'ppp']
const TENANT = tenantId('acme')

answerParent((question: DaemonQuestion) => {
  switch (question.kind) {
    case 'connect':
      return connectAll(question)
    case 'cpu':
      return cpuMs()
    case 'memory':
      return sweptMemory()
    default:
      return question satisfies never
  }
})

function connectAll({ routers, port, ca }: DaemonQuestion & { kind: 'connect' }): Promise<void> {
  const tls = ca === undefined ? undefined : { ca, fingerprint: undefined }
  const address = { host: '127.0.0.1', port, username: 'usage', password: 'secret', tls }
  const shared = plainLink()
  let readings = 0
  return new Promise((resolve, reject) => {
    const poller = new Poller({
      ...{ isSpread: true, concurrency: 64, clock: systemClock, random: Math.random, onBug: reject },
      log: pino({ level: 'silent' }),
      observer: new PollMetrics(new Metrics()),
      graceMs: 0,
      heldBack: () => undefined,
      sink: {
        record: (_, all) => {
          readings += all.length
          if (readings === routers * SERVICES.length) resolve()
        },
      },
    })
    poller.start()
    for (let number = 0; number < routers; number++)
      poller.add({
        key: routerKey(TENANT, routerId(`router-${number}`)),
        ...{ services: SERVICES, schedule: NEXT_YEAR, isEnabled: true },
        connect: signal =>
          Router.connect(
            {
              ...{
                address,
                services: newRouterServices(),
                timeoutMs: 30_000,
                isListening: true,
                clock: systemClock,
              },
              ...shared,
            },
            signal,
          ),
      })
  })
}
