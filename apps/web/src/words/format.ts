/** Times, days, durations and sizes as people read them. */
import { words } from "./index.ts";

const locale = navigator.language;
const clockFormat = new Intl.DateTimeFormat(locale, { hour: "numeric", minute: "2-digit" });
const exactFormat = new Intl.DateTimeFormat(locale, { hour: "numeric", minute: "2-digit", second: "2-digit" });
const weekdayFormat = new Intl.DateTimeFormat(locale, { weekday: "long" });
const shortWeekdayFormat = new Intl.DateTimeFormat(locale, { weekday: "short" });
const dayFormat = new Intl.DateTimeFormat(locale, { day: "numeric", month: "long" });
const shortDayFormat = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short" });
const yearFormat = new Intl.DateTimeFormat(locale, { day: "numeric", month: "long", year: "numeric" });
const numberFormat = new Intl.NumberFormat(locale);
const oneDigit = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });

const dayMs = 86_400_000;

export const clockTime = (at: number) => clockFormat.format(at);
export const exactTime = (at: number) => exactFormat.format(at);
const percentFormat = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 0 });
export const percentWords = (share: number) => percentFormat.format(share);
export const wholeNumber = (n: number) => numberFormat.format(n);

/** Days between two moments by the local calendar; 0 is the same day. */
export function daysApart(earlier: number, later: number): number {
	const a = new Date(earlier);
	const b = new Date(later);
	a.setHours(12, 0, 0, 0);
	b.setHours(12, 0, 0, 0);
	return Math.round((b.getTime() - a.getTime()) / dayMs);
}

/** A day divider: Today, Yesterday, Monday, 3 March, 3 March 2024. */
export function dayName(at: number, now: number): string {
	const days = daysApart(at, now);
	if (days === 0) return words.units.today;
	if (days === 1) return words.units.yesterday;
	if (days > 1 && days < 7) return weekdayFormat.format(at);
	return new Date(at).getFullYear() === new Date(now).getFullYear() ? dayFormat.format(at) : yearFormat.format(at);
}

/** The time in a list: 10:41 today, Mon this week, 3 Mar before. */
export function listTime(at: number, now: number): string {
	const days = daysApart(at, now);
	if (days <= 0) return clockFormat.format(at);
	if (days === 1) return words.units.yesterday;
	return days < 7 ? shortWeekdayFormat.format(at) : shortDayFormat.format(at);
}

/** A duration in words, in its largest unit or two: "42 seconds", "4 minutes", "1 hour 5 minutes". */
export function durationWords(ms: number): string {
	const seconds = Math.max(0, Math.round(ms / 1000));
	if (seconds < 60) return words.units.seconds(seconds);
	const minutes = Math.round(seconds / 60);
	if (minutes < 60) return words.units.minutes(minutes);
	const rest = minutes % 60;
	const hours = words.units.hours(Math.floor(minutes / 60));
	return rest === 0 ? hours : `${hours} ${words.units.minutes(rest)}`;
}

/** A running clock: 0:07, 12:40, 1:02:03. */
export function timer(ms: number): string {
	const seconds = Math.max(0, Math.floor(ms / 1000));
	const two = (n: number) => String(n).padStart(2, "0");
	const hours = Math.floor(seconds / 3600);
	const minutes = Math.floor(seconds / 60) % 60;
	return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** A size in bytes: 97 B, 2 KiB, 1.5 MiB. */
export function byteSize(bytes: number): string {
	if (bytes < 1024) return words.units.bytes(bytes);
	if (bytes < 1024 * 1024) return words.units.kib(oneDigit.format(bytes / 1024));
	return words.units.mib(oneDigit.format(bytes / (1024 * 1024)));
}
