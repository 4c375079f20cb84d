// Uploads a file with tus-js-client: node tus_js_upload.cjs NODE_MODULES JSON
// JSON: {endpoint, token, file, metadata, options}. Prints {url, sha256, methods} or {error, status, body}.
const path = require("node:path");
const fs = require("node:fs");
const [modules, argument] = process.argv.slice(2);
const tus = require(path.join(modules, "tus-js-client"));
const { endpoint, token, file, metadata, options } = JSON.parse(argument);

const methods = [];
let sha256 = null;
const upload = new tus.Upload(fs.readFileSync(file), {
  endpoint,
  metadata,
  headers: { Authorization: `Bearer ${token}` },
  retryDelays: [0, 50, 100, 200, 400, 800, 1600, 3200],
  onBeforeRequest: (request) => void methods.push(request.getMethod()),
  onAfterResponse: (_request, response) => {
    sha256 = response.getHeader("X-Storepatrol-Sha256") ?? sha256;
  },
  onSuccess: () => console.log(JSON.stringify({ url: upload.url, sha256, methods })),
  onError: (error) =>
    console.log(
      JSON.stringify({
        error: error.message,
        status: error.originalResponse?.getStatus() ?? null,
        body: error.originalResponse?.getBody() ?? null,
      }),
    ),
  ...options,
});
upload.start();
