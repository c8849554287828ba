import type { AlertJson } from '../../../src/accounting/alert.ts'
import { type TenantId, tenantId } from '../../../src/accounting/ids.ts'
import type { Grant, Refusal, TokenVerifier } from '../../../src/auth/bearer.ts'
import { ServedScene } from '../../auth/served-scene.ts'
import { inOneHour, outage } from '../../feed/feed-fixture.ts'
import type { RawClient } from '../../feed/raw-client.ts'
import { NOWHERE, OTHER, OWN } from './names.ts'

/** Accepts a tenant's name as its token, in the config or not. It takes no time, so that the order shows nothing. */
const verifier: TokenVerifier = {
  async verify(token): Promise<Grant | Refusal> {
    const tenant = [OWN, OTHER, tenantId(NOWHERE)].find(it => it === token)
    if (tenant === undefined) return { kind: 'refused', reason: 'the token is not valid' }
    return { kind: 'tenant', tenant, expiresAt: inOneHour() }
  },
}

/** Two daemons that differ only in the other tenant: one serves it, and one has never heard of it. */
export class Pair {
  readonly withOther: ServedScene
  readonly withoutOther: ServedScene

  private constructor(withOther: ServedScene, withoutOther: ServedScene) {
    this.withOther = withOther
    this.withoutOther = withoutOther
  }

  static async start(): Promise<Pair> {
    const alerts = { recent: (tenant: TenantId): readonly AlertJson[] => [outage(tenant === OWN ? 1 : 2)] }
    return new Pair(
      await new ServedScene([OWN, OTHER], { alerts, verifier }).start(),
      await new ServedScene([OWN], { alerts, verifier }).start(),
    )
  }

  get scenes(): readonly ServedScene[] {
    return [this.withOther, this.withoutOther]
  }

  /** Lets time pass at both. The same happens at both, except that only one has the other tenant's events. */
  async pass(ms: number): Promise<void> {
    for (const scene of this.scenes) await scene.clock.turn(ms)
  }

  alert(tenant: TenantId, id: number): void {
    for (const { board, serving } of this.scenes)
      if (board.tenants().includes(tenant)) serving.publishAlert({ tenant, alert: outage(id) })
  }

  async stop(): Promise<void> {
    for (const scene of this.scenes) await scene.stop()
  }
}

/** All that a client received so far, and how its connection ended, if it did. */
export async function received({
  texts,
  ended,
  closeReason,
  socket,
}: RawClient): Promise<readonly unknown[]> {
  return [texts, socket.closed, socket.closed ? await ended : undefined, closeReason]
}
