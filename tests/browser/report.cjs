// SPDX-License-Identifier: Apache-2.0
// report.cjs DOCUMENTS.json DIR: opens reports in Debian's Chromium. Fails on a console error, a
// request to anywhere, a horizontal cut, a filter that does not filter, a finding of axe-core, or a script
// of the data that ran; says so as it comes. Leaves screenshots and PDF files in DIR, to be looked at.
"use strict";
const { readFileSync, statSync } = require("node:fs");
const { join } = require("node:path");
const { pathToFileURL } = require("node:url");
const { chromium } = require("playwright-core");

const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const [list, folder] = process.argv.slice(2);
let findings = 0;
const check = (ok, text) => {
	if (ok)
		return;
	findings++;
	console.error(text);
};

const documents = JSON.parse(readFileSync(list, "utf8"));

async function accessible(page, name, whole) {
	await page.evaluate(axe);
	// Contrast takes a minute in a document of 3,000 cells: all colours are in the small one, too.
	const result = await page.evaluate(whole => window.axe.run(document,
		{ resultTypes: ["violations"], rules: { "color-contrast": { enabled: whole } } }), !!whole);
	for (const v of result.violations)
		check(false, `${name}: axe ${v.id} (${v.nodes.length}): ${v.help}: ${v.nodes[0].html.slice(0, 200)}`);
	check(result.passes.length > 10, `${name}: axe looked at nothing`);
}

async function notCut(page, name) {
	const cut = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
	check(cut <= 0, `${name}: the page is ${cut} pixels wider than the window`);
	const hidden = await page.evaluate(() => [...document.querySelectorAll("body *")]
		.filter(e => e.checkVisibility() && e.scrollWidth > e.clientWidth + 1 && e.tabIndex < 0 &&
			getComputedStyle(e).overflowX !== "visible" && !e.classList.contains("v"))
		.map(e => e.outerHTML.slice(0, 120)));
	for (const e of hidden)
		check(false, `${name}: cut, and not to be reached by keyboard: ${e}`);
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
		.filter(e => e.checkVisibility()).length === n, before.entries, { timeout: 30000 })
		.catch(() => check(false, `${name}: "show all" does not show all`));
	await form.locator("[name=q]").fill("HANDWERK chamber xyz");
	check((await seen(page)).rows === 0, `${name}: the search finds what is not there`);
	check((await form.locator("output").textContent()).length > 0, `${name}: the search says nothing`);
	await form.locator("[name=q]").fill("INTEGRATION");
	const text = await seen(page);
	check(text.rows > 0 && text.rows < before.rows, `${name}: the search for "integration" does nothing`);
	await page.screenshot({ path: join(folder, `${name}-filtered.png`) });
	await form.locator("[name=q]").fill("");
	check((await seen(page)).rows === before.rows, `${name}: an empty search hides rows`);
}

async function open(browser, file, name, options) {
	const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
	const page = await context.newPage();
	page.setDefaultTimeout(120000);
	page.on("console", m => ["error", "warning"].includes(m.type()) && check(false, `${name}: console: ${m.text()}`));
	page.on("pageerror", e => check(false, `${name}: ${e}`));
	page.on("dialog", d => { check(false, `${name}: dialog ${d.message()}`); d.dismiss(); });
	page.on("request", r => check(r.url().startsWith("file:"), `${name}: asks for ${r.url()}`));
	await page.goto(pathToFileURL(file).href);
	return { context, page };
}

// The page as wide as a desk's screen or a telephone's, or as the paper.
async function look(page, name) {
	await notCut(page, name);
	await page.screenshot({ path: join(folder, `${name}.png`) });
}

async function english(page, name) {
	await page.locator("#l-en").check();
	const now = await seen(page);
	check(now.halves === 1 && now.rows > 0, `${name}: the switch shows ${now.halves} languages`);
	check(await page.locator(".doc.en h1").isVisible(), `${name}: English does not show`);
	await look(page, name);
}

async function print(page, doc) {
	const name = `${doc.name}-print`;
	await page.setViewportSize({ width: 1047, height: 718 });
	await page.emulateMedia({ media: "print" });
	check((await seen(page)).filters === 0, `${name}: the filter is on paper`);
	await look(page, name);
	const pdf = join(folder, `${doc.name}.pdf`);
	await page.pdf({ path: pdf, preferCSSPageSize: true, tagged: true });
	check(statSync(pdf).size > 20000, `${name}: the PDF is empty`);
}

async function run(browser, doc) {
	const begin = Date.now();
	const wide = `${doc.name}-1280`;
	const { context, page } = await open(browser, doc.file, wide, {});
	await look(page, wide);
	if (doc.name !== "hostile")
		check((await page.locator(".doc h2").first().textContent()).includes(doc.word),
			`${wide}: the language is not the one asked for`);
	if (doc.name === "small" || !doc.both) // of leipzig-both the German half is in leipzig-partners
		await accessible(page, wide, doc.small);
	await filter(page, wide);
	if (doc.both) {
		await english(page, `${wide}-english`);
		await accessible(page, `${wide}-english`, doc.small);
	}
	await page.setViewportSize({ width: 390, height: 844 });
	await look(page, `${doc.name}-390`);
	await print(page, doc);
	await context.close();
	console.log(`${doc.name}: ${((Date.now() - begin) / 1000).toFixed(1)} s`);
}

async function variants(browser, doc) {
	for (const [variant, options] of [["noscript", { javaScriptEnabled: false }],
		["forced-colours", { forcedColors: "active", reducedMotion: "reduce" }]]) {
		const name = `${doc.name}-${variant}`;
		const { context, page } = await open(browser, doc.file, name, options);
		await look(page, name);
		check(await page.locator(".m").first().isVisible(), `${name}: no matrix`);
		check(await page.locator(".filter").first().isVisible() === (variant !== "noscript"),
			`${name}: a filter that cannot work, or none`);
		await context.close();
	}
}

(async () => {
	const browser = await chromium.launch({
		executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: ["--no-sandbox"] });
	const work = documents.map(doc => () => run(browser, doc));
	work.push(...documents.filter(doc => doc.name === "small").map(doc => () => variants(browser, doc)));
	const next = async () => {
		while (work.length > 0)
			await work.shift()();
	};
	check(work.length > 1, "there are no documents");
	await Promise.all([next(), next()]);
	await browser.close();
	console.log(`${documents.length} documents, ${findings} findings; pictures are in ${folder}`);
	process.exitCode = findings === 0 ? 0 : 1;
})().catch(e => {
	console.error(e);
	process.exit(1);
});
