import type { Metrics } from '../runtime/metrics.ts'
import type { JournalState } from './journal-state.ts'

/** Measures the journal. */
export function measureJournal(metrics: Metrics, journal: { state(): JournalState }): void {
  metrics.gauge('tikmeter_journal_writing', 'Whether readings become durable.', () =>
    Number(journal.state().kind === 'writing'),
  )
  metrics.gauge('tikmeter_journal_bytes', 'Size of the journal.', () => journal.state().bytes)
  metrics.gauge('tikmeter_journal_max_bytes', 'Limit of the journal’s size.', () => journal.state().maxBytes)
}
