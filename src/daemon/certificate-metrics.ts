import type { Metrics } from '../runtime/metrics.ts'

/** Measures the certificate of HTTPS. @param expiresAt when it expires; `undefined` without HTTPS */
export function measureCertificate(metrics: Metrics, expiresAt: () => Date | undefined): void {
  metrics.gauge(
    'tikmeter_tls_certificate_expiry_timestamp_seconds',
    'When the certificate of server.tls expires.',
    () => {
      const at = expiresAt()
      return at && at.getTime() / 1000
    },
  )
}
