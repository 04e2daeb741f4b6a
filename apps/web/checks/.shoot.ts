import { mkdirSync, readFileSync } from "node:fs";
import { launchChromium } from "/work/main/lab/browsers.ts";
import { servePreview } from "/work/main/apps/web/checks/preview-server.ts";
import { screens } from "/work/main/apps/web/checks/screens.ts";
const wanted = process.argv[2] ? new RegExp(process.argv[2]) : /./;
const themes = (process.argv[3] ?? "light,dark").split(",");
mkdirSync("/tmp/shots", { recursive: true });
const axe = readFileSync("/work/main/node_modules/axe-core/axe.min.js", "utf8");
const server = await servePreview();
const browser = await launchChromium();
let bad = 0;
for (const [w, h] of [
	[390, 844],
	[1280, 800],
] as const)
	for (const theme of themes) {
		const context = await browser.newContext({
			viewport: { width: w, height: h },
			colorScheme: theme as "light",
			permissions: ["camera", "microphone", "clipboard-read", "clipboard-write"],
			reducedMotion: "reduce",
			deviceScaleFactor: 1,
			...(w < 900 ? { hasTouch: true, isMobile: true } : {}),
		});
		await context.addInitScript(
			`{const D=Date;const off=new D(2026,10,24,10,41,30).getTime()-D.now();const R=D.now.bind(D);Date.now=()=>R()+off;}`,
		);
		for (const screen of screens) {
			if (!wanted.test(screen.name)) continue;
			const page = await context.newPage();
			page.setDefaultTimeout(6000);
			const log: string[] = [];
			page.on("console", (m) => {
				if (m.type() === "error" || m.type() === "warning") log.push(m.text());
			});
			page.on("pageerror", (e) => log.push("PAGEERROR " + e.stack));
			try {
				await page.goto(`${server.origin}/?${screen.query}`);
				await page.waitForTimeout(250);
				await screen.steps?.(page, w >= 900);
				await page.waitForTimeout(350);
			} catch (e) {
				log.push("STEP " + (e as Error).message.split("\n").slice(0, 6).join(" | "));
			}
			await page.screenshot({ path: `/tmp/shots/${screen.name}-${w}-${theme}.png` });
			// axe through a CDP evaluation: the policy forbids injected scripts
			const cdp = await context.newCDPSession(page);
			await cdp.send("Runtime.evaluate", { expression: axe });
			const r = await cdp.send("Runtime.evaluate", {
				awaitPromise: true,
				returnByValue: true,
				expression: `axe.run(document,{resultTypes:['violations'],runOnly:['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa','best-practice']}).then(r=>r.violations.map(v=>v.id+': '+v.nodes.map(n=>n.target.join(' ')+' '+(n.failureSummary||'').split('\\n').slice(1,2).join(' ')).slice(0,3).join(' || ')))`,
			});
			const violations = (r.result.value ?? [String(r.exceptionDetails?.text)]) as string[];
			if (violations.length || log.length) {
				bad++;
				console.log(`${screen.name} ${w} ${theme}`);
				for (const v of violations) console.log("   axe", v.slice(0, 600));
				for (const l of log) console.log("   log", l.slice(0, 400));
			}
			await page.close();
		}
		await context.close();
	}
await browser.close();
await server.stop();
console.log("screens with trouble:", bad);
