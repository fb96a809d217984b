// Cloudflare's own Node client, with another base URL and token, through every call of the table. Usage: node
// cloudflare.mjs FACTS.json (in frontend/, for its packages). The last line printed is JSON: what each call answered.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.cwd(), "package.json"));
const Cloudflare = require("cloudflare");
const facts = JSON.parse(readFileSync(process.argv[2], "utf8"));
const client = new Cloudflare({ baseURL: facts.base, apiToken: facts.token, maxRetries: 0 });
const programs = `${facts.configs}/programs`;
const rules = `${facts.configs}/rules`;
const source = readFileSync(facts.program, "utf8");
const said = {};

const sending = (body, kind, more = {}) => ({ body: Buffer.from(body), headers: { "Content-Type": kind, ...more } });

async function refusal(call) {
  try {
    await call;
  } catch (error) {
    return { status: error.status, codes: (error.errors ?? error.error?.errors ?? []).map((row) => row.code) };
  }
  throw new Error("this should have been refused");
}

await client.delete(rules);
await client.delete(programs);
const named = { "X-Program-Name": "from Node" };
said.uploaded = await client.post(programs, sending(source, "text/plain", named));
const id = said.uploaded.result.id;
said.listed = await client.get(programs, { query: { page: 1, per_page: 5 } });
said.shown = await client.get(`${programs}/${id}`);
said.changed = await client.patch(`${programs}/${id}`, sending(`${source}\n`, "text/x-csrc"));
const body = { program_id: id, scope: "global", name: "global", mode: "monitoring" };
said.rule = await client.post(rules, { body });
said.rules = await client.get(rules);
said.ruleShown = await client.get(`${rules}/${said.rule.result.id}`);
said.ruleChanged = await client.patch(`${rules}/${said.rule.result.id}`, { body: { mode: "enabled" } });
const capture = sending(readFileSync(facts.capture), "application/vnd.tcpdump.pcap");
const replayed = await client.post(`${programs}/${id}/pcap`, { ...capture, __binaryResponse: true });
const annotated = Buffer.from(await replayed.arrayBuffer()).toString("latin1");
said.passed = annotated.split("CF_EBPF_PASS").length - 1;
said.inUse = await refusal(client.delete(`${programs}/${id}`));
said.refused = await refusal(client.post(programs, sending(readFileSync(facts.refused), "text/plain")));
said.ruleGone = await client.delete(`${rules}/${said.rule.result.id}`);
said.goneAgain = await refusal(client.delete(`${rules}/${said.rule.result.id}`));
await client.post(rules, { body });
said.rulesGone = await client.delete(rules);
said.programGone = await client.delete(`${programs}/${id}`);
said.allGone = await client.delete(programs);
const nobody = new Cloudflare({ baseURL: facts.base, apiToken: "nobody", maxRetries: 0 });
said.nobody = await refusal(nobody.get(rules));
console.log(JSON.stringify(said));
