import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

// Two pages, one build: the control room (index.html) and the phone page (go.html). In development the
// answers come from a running city (`guia up`); name another with GUIA_CITY_URL.
const city = process.env.GUIA_CITY_URL ?? 'http://127.0.0.1:8600';

export default defineConfig({
  plugins: [svelte()],
  build: {
    outDir: '../src/guia/web/static',
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1400,
    rollupOptions: { input: ['index.html', 'go.html'] },
  },
  server: { port: 8610, proxy: { '/api': city } },
});
