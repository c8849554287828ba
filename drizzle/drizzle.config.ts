import { defineConfig } from 'drizzle-kit'

export default defineConfig({
  dialect: 'postgresql',
  schema: [
    './src/store/schema/columns.ts',
    './src/store/schema/schema.ts',
    './src/store/schema/alert-schema.ts',
    './src/store/schema/decision-schema.ts',
    './src/store/schema/daemon-schema.ts',
  ],
  out: './drizzle/migrations',
})
