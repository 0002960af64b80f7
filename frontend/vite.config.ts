import { fileURLToPath } from "node:url";

import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// `make dev` serves the page here and forwards everything else to the edge, so cookies and sockets stay on one origin.
const edge = `http://127.0.0.1:${process.env["STOCKTOOL_PORT"] ?? "8080"}`;

export default defineConfig({
  plugins: [react(), tailwindcss()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  server: {
    host: "127.0.0.1",
    port: 5173,
    strictPort: true,
    proxy: { "/api": { target: edge, ws: true }, "/stocktool-knowledge": { target: edge } },
  },
  // Inlined assets would need data: in the policy's font and script sources; everything stays a file of this origin.
  build: { target: "es2023", assetsInlineLimit: 0, modulePreload: { polyfill: false }, chunkSizeWarningLimit: 600 },
  test: {
    environment: "jsdom",
    environmentOptions: { jsdom: { url: "http://stocktool.test/" } },
    setupFiles: ["./src/testing/setup.ts"],
    restoreMocks: true,
    // Ceilings for a busy machine; nothing waits for them when all is well.
    testTimeout: 30_000,
    maxWorkers: 2,
  },
});
