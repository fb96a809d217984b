// The story of the README, clicked through in Chromium. Usage: node story.mjs var/demo.json (in frontend/, for its
// playwright-core). CHROMIUM is the browser's path, SHOTS a folder for screenshots. The last line printed is JSON.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.cwd(), "package.json"));
const { chromium } = require("playwright-core");
const demo = JSON.parse(readFileSync(process.argv[2], "utf8"));
const shots = process.env.SHOTS ?? ".";
const PROGRAM = "cookie_guard";

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] });
const faults = [];

async function person(login, viewport = { width: 1280, height: 900 }) {
  const context = await browser.newContext({ viewport, baseURL: demo.url });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on("pageerror", (error) => faults.push(`${login.email}: ${error.message}`));
  page.on("console", (message) => {
    if (/Content.Security.Policy/i.test(message.text())) faults.push(`${login.email}: ${message.text()}`);
  });
  return page;
}

const shot = (page, name) => page.screenshot({ path: join(shots, `${name}.png`) });
const at = (page, id) => page.getByTestId(id);

async function until(what, seconds, check) {
  const end = Date.now() + seconds * 1000;
  while (!(await check())) {
    if (Date.now() > end) throw new Error(`${what} did not happen within ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function rate(page, id) {
  return Number((await at(page, id).getAttribute("data-value")) || 0);
}

async function logIn(page) {
  await page.goto("/");
  await at(page, "login-email").fill(demo.logins.developer.email);
  await at(page, "login-password").fill(demo.logins.developer.password);
  await at(page, "login-submit").click();
  await at(page, "program-link").filter({ hasText: PROGRAM }).waitFor();
}

async function changeTheLine(page) {
  await at(page, "program-link").filter({ hasText: PROGRAM }).click();
  await page.locator(".cm-line", { hasText: "#define REQUIRE_COOKIE 0" }).click();
  await page.keyboard.press("End");
  await page.keyboard.press("Backspace");
  await page.keyboard.type("1 +");
}

async function build(page) {
  await page.keyboard.press("Control+s");
  await until("the refusal", 20, async () => /failed/i.test(await at(page, "build-state").first().innerText()));
  // The macro is fine where it is defined; clicking the problem leads to where it is used.
  await at(page, "diagnostics").getByText("expected value in expression").click();
  await page.locator(".cm-line", { hasText: "#if REQUIRE_COOKIE" }).locator(".cm-lintRange-error").waitFor();
  await shot(page, "2-refused");
  await page.keyboard.press("Control+Home");
  await page.locator(".cm-line", { hasText: "#define REQUIRE_COOKIE 1 +" }).click();
  await page.keyboard.press("End");
  await page.keyboard.press("Backspace");
  await page.keyboard.press("Backspace");
  await page.keyboard.press("Control+s");
  await until("the build", 30, async () => /ready/i.test(await at(page, "build-state").first().innerText()));
  await shot(page, "3-built");
}

// Styles that the page's policy kept out would leave the editors unstyled.
async function compare(page) {
  await at(page, "tab-compare").click();
  const editor = at(page, "diff").locator(".cm-editor").first();
  await editor.waitFor();
  const display = await editor.evaluate((element) => getComputedStyle(element).display);
  if (display !== "flex") throw new Error(`the editor's styles were not let in: ${display}`);
  await page.getByRole("button", { name: "Unified" }).click();
  await at(page, "diff").locator(".cm-deletedChunk, .cm-changedLine").first().waitFor();
}

async function replay(page) {
  await at(page, "tab-replay").click();
  const captures = at(page, "replay-capture");
  await captures.selectOption({ label: await optionLike(captures, "players under attack") });
  await at(page, "replay-run").click();
  await at(page, "replay-result").waitFor();
  await shot(page, "4-replayed");
}

async function optionLike(select, text) {
  await until(`an option ${text}`, 10, async () => (await select.innerText()).includes(text));
  return (await select.locator("option").allInnerTexts()).find((label) => label.includes(text));
}

async function ask(page) {
  await at(page, "deploy-open").click();
  await at(page, "deploy-submit").click();
  await at(page, "nav-deployments").click();
  await at(page, "deployment-row").filter({ hasText: /pending/i }).first().waitFor();
  await shot(page, "5-asked");
}

async function approve(page) {
  await page.goto("/admin/");
  await page.locator("input[name=username]").fill(demo.logins.operator.email);
  await page.locator("input[name=password]").fill(demo.logins.operator.password);
  await page.locator("button[type=submit]").click();
  for (const path of ["accounts/account/", "fleet/node/", "accounts/account/add/"]) {
    await page.goto(`/admin/${path}`, { waitUntil: "networkidle" });
  }
  await page.goto("/admin/deployments/deployment/?state__exact=pending");
  await page.getByRole("link", { name: new RegExp(PROGRAM) }).first().click();
  await page.getByTestId("diff").getByText("+#define REQUIRE_COOKIE 1").waitFor();
  await shot(page, "6-review");
  const start = Date.now();
  await at(page, "approve").click();
  return start;
}

try {
  const developer = await person(demo.logins.developer);
  await logIn(developer);
  await shot(developer, "1-programs");
  await changeTheLine(developer);
  await build(developer);
  await compare(developer);
  await replay(developer);
  await ask(developer);
  await at(developer, "nav-live").click();
  await at(developer, "live-chart").waitFor();
  await until("the attack on the chart", 20, async () => (await rate(developer, "live-passed")) > 1500);
  await shot(developer, "7-attack");
  const before = { in: await rate(developer, "live-in"), passed: await rate(developer, "live-passed") };
  const operator = await person(demo.logins.operator);
  const start = await approve(operator);
  await until("the drop on the chart", 20, async () => {
    const passed = await rate(developer, "live-passed");
    return passed > 0 && passed < 1000;
  });
  const chart = Date.now() - start;
  await developer.waitForTimeout(6000);
  await shot(developer, "8-protected");
  const after = { in: await rate(developer, "live-in"), passed: await rate(developer, "live-passed") };
  await developer.setViewportSize({ width: 390, height: 844 });
  await shot(developer, "9-phone");
  if (faults.length) throw new Error(`the page threw: ${faults.join("; ")}`);
  console.log(JSON.stringify({ approve_to_chart_ms: chart, before, after }));
} catch (error) {
  for (const context of browser.contexts()) {
    for (const [index, page] of context.pages().entries()) await shot(page, `failed-${index}`);
  }
  console.error(error);
  process.exitCode = 1;
} finally {
  await browser.close();
}
