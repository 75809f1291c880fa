/** Unit tests sit beside their file and run in Node; what needs a browser is in e2e/. */
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  plugins: [vue()],
  test: {
    include: ['src/**/*.test.ts', 'build/**/*.test.ts'],
    environment: 'node',
    reporters: ['dot'],
    restoreMocks: true,
  },
})
