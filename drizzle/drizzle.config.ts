import { defineConfig } from 'drizzle-kit'

export default defineConfig({
  dialect: 'postgresql',
  schema: [
    './src/store/schema.ts',
    './src/store/alert-schema.ts',
    './src/store/decision-schema.ts',
    './src/store/daemon-schema.ts',
  ],
  out: './drizzle/migrations',
})
