// SPDX-License-Identifier: Apache-2.0
// report.cjs REPORT_SAMPLE DIR: opens reports of the generator in Debian's Chromium. Fails on a console
// error, a request to anywhere, a horizontal cut, a filter that does not filter, a finding of axe-core, or a
// script of the data that ran. Leaves screenshots and PDF files in DIR, to be looked at.
"use strict";
const { execFileSync } = require("node:child_process");
const { mkdirSync, writeFileSync, readFileSync } = require("node:fs");
const { join, resolve } = require("node:path");
const { pathToFileURL } = require("node:url");
const { chromium } = require("playwright-core");

const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const [program, folder] = process.argv.slice(2);
const failures = [];
const check = (ok, text) => {
	if (!ok)
		failures.push(text);
};

const documents = [
	{ name: "small", args: ["12", "6", "30", "public", "en"] },
	{ name: "planned", args: ["60", "25", "25", "partners", "de"] },
	{ name: "both", args: ["24", "13", "30", "members", "both"] },
	{ name: "hostile", args: ["20", "11", "50", "partners", "both", "hostile"] },
];

async function accessible(page, name) {
	await page.evaluate(axe);
	const result = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
	for (const v of result.violations)
		check(false, `${name}: axe ${v.id} (${v.nodes.length}): ${v.help}: ${v.nodes[0].html.slice(0, 200)}`);
	check(result.passes.length > 10, `${name}: axe looked at nothing`);
}

async function notCut(page, name) {
	const cut = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
	check(cut <= 0, `${name}: the page is ${cut} pixels wider than the window`);
}

// What the reader sees of a half of the document.
const seen = page => page.evaluate(() => {
	const shown = list => [...list].filter(e => e.checkVisibility()).length;
	return {
		rows: shown(document.querySelectorAll(".m tbody tr")),
		entries: shown(document.querySelectorAll(".m td > p")),
		sheets: shown(document.querySelectorAll(".sheet")),
		halves: shown(document.querySelectorAll(".doc")),
		filters: shown(document.querySelectorAll(".filter")),
	};
});

async function filter(page, name) {
	const form = page.locator(".filter:visible");
	const before = await seen(page);
	check(before.filters === 1 && before.rows > 0, `${name}: no filter, or nothing to filter`);
	await form.locator("[name=s]").selectOption({ index: 1 });
	const status = await seen(page);
	check(status.entries < before.entries && status.entries > 0, `${name}: the filter by status does nothing`);
	await form.locator("[name=r]").selectOption({ index: 1 });
	const role = await seen(page);
	check(role.entries < status.entries, `${name}: the filter by role does nothing`);
	const wrong = await page.evaluate(() => [...document.querySelectorAll(".m td > p")]
		.filter(p => p.checkVisibility() && !p.classList.contains("r0")).length);
	check(wrong === 0, `${name}: ${wrong} entries of other roles are left`);
	await form.locator("button").click();
	await page.waitForFunction(n => [...document.querySelectorAll(".m td > p")]
		.filter(e => e.checkVisibility()).length === n, before.entries, { timeout: 5000 })
		.catch(() => check(false, `${name}: "show all" does not show all`));
	await form.locator("[name=q]").fill("HANDWERK chamber xyz");
	check((await seen(page)).rows === 0, `${name}: the search finds what is not there`);
	check((await form.locator("output").textContent()).length > 0, `${name}: the search says nothing`);
	await form.locator("[name=q]").fill("");
	check((await seen(page)).rows === before.rows, `${name}: an empty search hides rows`);
}

async function open(browser, file, name, options) {
	const context = await browser.newContext(options);
	const page = await context.newPage();
	page.on("console", m => ["error", "warning"].includes(m.type()) && check(false, `${name}: console: ${m.text()}`));
	page.on("pageerror", e => check(false, `${name}: ${e}`));
	page.on("dialog", d => { check(false, `${name}: dialog ${d.message()}`); d.dismiss(); });
	page.on("request", r => check(r.url().startsWith("file:"), `${name}: asks for ${r.url()}`));
	await page.goto(pathToFileURL(file).href);
	return { context, page };
}

async function look(browser, doc, width, options, work) {
	const name = `${doc.name}-${width}${options.javaScriptEnabled === false ? "-noscript" : ""}`;
	const { context, page } = await open(browser, doc.file, name, { viewport: { width, height: 900 }, ...options });
	await notCut(page, name);
	await page.screenshot({ path: join(folder, `${name}.png`) });
	await work(page, name);
	await context.close();
}

async function english(page, name) {
	await page.locator("#l-en").check();
	const now = await seen(page);
	check(now.halves === 1 && now.rows > 0, `${name}: the switch shows ${now.halves} languages`);
	check(await page.locator(".doc.en h1").isVisible(), `${name}: English does not show`);
	await notCut(page, name);
	await accessible(page, `${name}, English`);
}

async function run(browser, doc) {
	doc.file = resolve(folder, `${doc.name}.html`);
	writeFileSync(doc.file, execFileSync(program, ["html", ...doc.args], { maxBuffer: 1 << 26 }));
	await look(browser, doc, 1280, {}, async (page, name) => {
		await accessible(page, name);
		await filter(page, name);
		if (doc.args[4] === "both")
			await english(page, name);
	});
	await look(browser, doc, 390, {}, accessible);
	await look(browser, doc, 1280, { javaScriptEnabled: false }, async (page, name) => {
		check(!await page.locator(".filter").first().isVisible(), `${name}: a filter that cannot work`);
		check(await page.locator(".m").first().isVisible(), `${name}: no matrix`);
	});
	await look(browser, doc, 1280, { forcedColors: "active", reducedMotion: "reduce" }, async () => {});
	const { context, page } = await open(browser, doc.file, `${doc.name}-print`, {});
	await page.pdf({ path: join(folder, `${doc.name}.pdf`), preferCSSPageSize: true, tagged: true });
	await context.close();
}

(async () => {
	mkdirSync(folder, { recursive: true });
	const browser = await chromium.launch({
		executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: ["--no-sandbox"] });
	for (const doc of documents)
		await run(browser, doc);
	await browser.close();
	for (const f of failures)
		console.error(f);
	console.log(`${documents.length} documents, ${failures.length} findings; pictures are in ${folder}`);
	process.exitCode = failures.length === 0 ? 0 : 1;
})();
