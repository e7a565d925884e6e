// A server that has one answer, and the way to it for the addresses that the page asks for.

import { once } from "node:events";
import { createServer } from "node:http";

// The language of the page is all that api.js reads of the document.
Object.assign(globalThis, { document: { documentElement: { lang: "en" } } });

const { fetch } = globalThis;

/**
 * @param {import("node:test").TestContext} t the test, with which the server ends
 * @param {{status?: number, headers?: Record<string, string>, body?: string, open?: boolean}} answer
 *   `open` leaves its end out
 */
export async function serve(t, { status = 200, headers = {}, body = "", open = false }) {
  /** @type {string[]} */
  const asked = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(status, headers);
    if (open) response.write(body);
    else response.end(body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  globalThis.fetch = (path, init) => fetch(new URL(String(path), `http://127.0.0.1:${port}`), init);
  const close = async () => {
    server.closeAllConnections();
    if (server.listening) await new Promise((done) => server.close(done));
  };
  t.after(close);
  return { asked, close };
}
