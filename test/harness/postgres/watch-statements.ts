import { watchStatements } from './named-tenants.ts'

watchStatements()
