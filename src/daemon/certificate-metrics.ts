import type { Metrics } from '../runtime/metrics.ts'

/** @param expiresAt of the certificate that HTTPS is served with; `undefined` without HTTPS */
export function measureCertificate(metrics: Metrics, expiresAt: () => Date | undefined): void {
  metrics.gauge(
    'tikmeter_tls_certificate_expiry_timestamp_seconds',
    'When the certificate of server.tls runs out.',
    () => {
      const at = expiresAt()
      return at && at.getTime() / 1000
    },
  )
}
