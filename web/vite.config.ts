// The build of the web client: one page, hashed assets under /assets, which the server may cache for ever.
import { defineConfig } from 'vite';

export default defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    target: 'es2023',
    // The server's content security policy allows no `data:`; every asset is a file of its own.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    // `npx vite` beside a running server: the API from there, the page from here.
    proxy: { '^/(sederunt|v2)/': 'http://localhost:8080', '/healthz': 'http://localhost:8080' },
  },
});
