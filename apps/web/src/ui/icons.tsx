/** One set of line icons on a 24-unit grid; always decoration, the names stand on the buttons. */
import type { ReactNode } from "react";

const shapes = {
	addGroup: (
		<path d="M8.5 5.5a3 3 0 1 0 0 6 3 3 0 0 0 0-6ZM3 18.5c0-2.8 2.4-4.4 5.5-4.4.9 0 1.800.100 2.5.400M14.5 6a3 3 0 0 1 0 5.3M17.5 13.5v6M14.5 16.5h6" />
	),
	back: <path d="M15 5.5 8.5 12l6.5 6.5" />,
	bell: <path d="M6 16.5V11a6 6 0 1 1 12 0v5.5l1.5 1.5h-15L6 16.5ZM10 20.5h4" />,
	block: <path d="M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16ZM6.5 6.5l11 11" />,
	callIn: <path d="M17.5 6.5 7 17M7 9.5V17h7.5" />,
	callMissed: <path d="M4 8l7.5 7.5L19 8M13.5 8H19v5.5M4 8" />,
	callOut: <path d="M6.5 17.5 17 7M9.5 7H17v7.5" />,
	camera: (
		<path d="M4.5 7h9A1.5 1.5 0 0 1 15 8.5v7a1.5 1.5 0 0 1-1.5 1.5h-9A1.5 1.5 0 0 1 3 15.5v-7A1.5 1.5 0 0 1 4.5 7ZM15 11l6-3.5v9L15 13" />
	),
	cameraOff: (
		<path d="M9 7h4.5A1.5 1.5 0 0 1 15 8.5V11l6-3.5v9L16.5 13.9M15 15.5a1.5 1.5 0 0 1-1.5 1.5h-9A1.5 1.5 0 0 1 3 15.5v-7c0-.6.400-1.2 1-1.4M3.5 3.5l17 17" />
	),
	chats: (
		<path d="M5 5h14a1.5 1.5 0 0 1 1.5 1.5v8A1.5 1.5 0 0 1 19 16h-7.5L7 19.5V16H5a1.5 1.5 0 0 1-1.5-1.5v-8A1.5 1.5 0 0 1 5 5Z" />
	),
	check: <path d="m5.5 12.5 4.3 4.3L18.5 7.5" />,
	clock: <path d="M12 4.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15ZM12 8.5V12l2.5 2" />,
	close: <path d="m6.5 6.5 11 11M17.5 6.5l-11 11" />,
	copy: (
		<path d="M9 8.5h9a1 1 0 0 1 1 1V19a1 1 0 0 1-1 1H9a1 1 0 0 1-1-1V9.5a1 1 0 0 1 1-1ZM5 15.5V5a1 1 0 0 1 1-1h9" />
	),
	device: (
		<path d="M4.5 5.500h11a1 1 0 0 1 1 1v2M9 16.500H4.500a1 1 0 0 1-1-1v-9a1 1 0 0 1 1-1M6.500 19.500H10M14 11h5.500a1 1 0 0 1 1 1v7a1 1 0 0 1-1 1H14a1 1 0 0 1-1-1v-7a1 1 0 0 1 1-1Z" />
	),
	down: <path d="m6 9.5 6 6 6-6" />,
	eye: (
		<path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12ZM12 9.3a2.7 2.7 0 1 0 0 5.4 2.7 2.7 0 0 0 0-5.4Z" />
	),
	grid: (
		<path d="M5 4.500h5V10H4.500V5a.5.5 0 0 1 .5-.5ZM14 4.500h5a.5.5 0 0 1 .5.5v5H14V4.500ZM4.500 14H10v5.500H5a.5.5 0 0 1-.5-.5v-5ZM14 14h5.500v5a.5.5 0 0 1-.5.5h-5V14Z" />
	),
	hand: (
		<path d="M7.800 13V6.800a1.400 1.400 0 0 1 2.800 0V11.500M10.600 11V5a1.400 1.400 0 0 1 2.800 0v6M13.400 11V6.400a1.400 1.400 0 0 1 2.800 0V12M16.200 9.600a1.300 1.300 0 0 1 2.600 0V14c0 3.800-2.300 6.300-5.900 6.300-2.700 0-4.200-1-5.500-3.100L4.800 13.300c-.8-1.300.8-2.500 1.900-1.500L7.800 13" />
	),
	file: (
		<path d="M6.500 3.500H14l4.500 4.500v12a.5.5 0 0 1-.5.5H6.500a.5.5 0 0 1-.5-.5V4a.5.5 0 0 1 .5-.5ZM13.500 4v4.500H18" />
	),
	hangUp: (
		<path d="M3.2 14.3c-.6-1-.4-2.3.500-3.1a13 13 0 0 1 16.6 0c.9.800 1.1 2.1.500 3.1l-.7 1.1c-.4.700-1.2.900-1.9.600l-2.6-1.1a1.5 1.5 0 0 1-.9-1.4v-1.7a13 13 0 0 0-5.4 0v1.7c0 .6-.4 1.2-.9 1.4L5.8 16c-.7.300-1.5.100-1.9-.6l-.7-1.1Z" />
	),
	image: (
		<path d="M5 5h14a1 1 0 0 1 1 1v12a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1ZM4.5 16.5 9 12l3.5 3.5 2.5-2.5 4.5 4M15.5 9.5h.01" />
	),
	info: <path d="M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16ZM12 11v5M12 8h.01" />,
	leave: <path d="M13 4.5H6a1 1 0 0 0-1 1v13a1 1 0 0 0 1 1h7M10 12h10M16.5 8l4 4-4 4" />,
	link: <path d="M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.3l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3A4 4 0 0 0 11 18.7l1-1" />,
	microphone: (
		<path d="M12 3.5A2.5 2.5 0 0 0 9.5 6v6a2.5 2.5 0 0 0 5 0V6A2.5 2.5 0 0 0 12 3.5ZM6 11.5a6 6 0 0 0 12 0M12 17.5v3" />
	),
	microphoneOff: (
		<path d="M14.5 9.5V6a2.5 2.5 0 0 0-5-.3M9.5 9.5V12a2.5 2.5 0 0 0 3.7 2.2M6 11.5a6 6 0 0 0 9.3 5M18 11.5c0 .9-.2 1.8-.6 2.6M12 17.5v3M3.5 3.5l17 17" />
	),
	more: <path d="M6 12h.01M12 12h.01M18 12h.01" strokeWidth="2.6" />,
	people: (
		<path d="M9 5a3.2 3.2 0 1 0 0 6.4A3.2 3.2 0 0 0 9 5ZM3 19c0-3 2.7-4.8 6-4.8s6 1.8 6 4.8M15.5 5.3a3.2 3.2 0 0 1 0 5.8M17.5 14.6c2.1.600 3.5 2.1 3.5 4.4" />
	),
	pen: <path d="M5 19l.8-3.6L15.6 5.600a1.9 1.9 0 0 1 2.8 2.8L8.600 18.200 5 19ZM13.8 7.400l2.8 2.8" />,
	phone: (
		<path d="M6.3 4.5h2.4l1.6 4-2 1.5a11 11 0 0 0 5.7 5.7l1.5-2 4 1.6v2.4a1.8 1.8 0 0 1-1.9 1.8C10.9 19.1 4.9 13.1 4.5 6.4a1.8 1.8 0 0 1 1.8-1.9Z" />
	),
	plus: <path d="M12 5v14M5 12h14" />,
	addPerson: (
		<path d="M10 5a3.2 3.2 0 1 0 0 6.4A3.2 3.2 0 0 0 10 5ZM4 19c0-3 2.7-4.8 6-4.8 1.3 0 2.5.300 3.5.800M18 13.5v6M15 16.5h6" />
	),
	qr: (
		<path d="M4.5 4.5h5.5V10H4.5V4.5ZM14 4.5h5.5V10H14V4.5ZM4.5 14H10v5.5H4.5V14ZM14 14h2v2h-2v-2ZM18 18h1.5v1.5H18V18ZM18 14h1.5M14 19.5h1.5" />
	),
	retry: <path d="M19 12a7 7 0 1 1-2-4.9L19 9M19 4.5V9h-4.5" />,
	save: <path d="M12 4v10.500M7.500 10.500 12 15l4.500-4.500M5 19.500h14" />,
	search: <path d="M10.5 5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11ZM15 15l4.5 4.5" />,
	send: <path d="M5 12 4 5l16 7-16 7 1-7Zm0 0h7" />,
	settings: (
		<path d="M4 7.5h9M17 7.5h3M4 16.5h3M11 16.5h9M15 5.5a2 2 0 1 0 0 4 2 2 0 0 0 0-4ZM9 14.5a2 2 0 1 0 0 4 2 2 0 0 0 0-4Z" />
	),
	share: (
		<path d="M4.500 5h15a1 1 0 0 1 1 1v9.500a1 1 0 0 1-1 1h-15a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1ZM12 13.200V8.500M9.600 10.600 12 8.200l2.400 2.400M8.500 20h7" />
	),
	shield: <path d="m12 3.8 6.5 2.4v5c0 4-2.6 7.2-6.5 9-3.9-1.8-6.5-5-6.5-9v-5L12 3.8ZM9 12l2.2 2.2L15.3 10" />,
	smile: (
		<path d="M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16ZM8.600 13.800c.8 1.500 1.900 2.200 3.400 2.200s2.600-.7 3.400-2.200M9.300 9.800h.01M14.700 9.800h.01" />
	),
	spotlight: (
		<path d="M5 4.500h14a1 1 0 0 1 1 1V13a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V5.500a1 1 0 0 1 1-1ZM4 18.500h4M10 18.500h4M16 18.500h4" />
	),
	speaker: <path d="M5 9.5h3L12.5 6v12L8 14.5H5v-5ZM15.5 9a4 4 0 0 1 0 6M17.8 6.5a7.5 7.5 0 0 1 0 11" />,
	star: (
		<path d="m12 4.500 2.300 4.800 5.200.700-3.800 3.600.900 5.200-4.600-2.500-4.600 2.500.900-5.200L4.500 10l5.200-.700L12 4.500Z" />
	),
	trash: <path d="M5 7h14M10 7V4.5h4V7M6.5 7l.8 12.5h9.4L17.5 7" />,
	weakLine: <path d="M4.5 19v-5M10 19V9M15.5 19h.01M21 19h.01" />,
	warning: <path d="M12 4.5 20.5 19h-17L12 4.5ZM12 10v4.5M12 16.8h.01" />,
} satisfies Record<string, ReactNode>;

export type IconName = keyof typeof shapes;

export function Icon({ name, size = 22 }: { readonly name: IconName; readonly size?: number }) {
	return (
		<svg
			className={`icon icon-${name}`}
			width={size}
			height={size}
			viewBox="0 0 24 24"
			fill="none"
			stroke="currentColor"
			strokeWidth="1.75"
			strokeLinecap="round"
			strokeLinejoin="round"
			aria-hidden="true"
		>
			{shapes[name]}
		</svg>
	);
}

/** The mark: a voice that is lowered, sotto voce. */
export function Mark({ size = 40 }: { readonly size?: number }) {
	return (
		<svg className="mark" width={size} height={size} viewBox="0 0 64 64" aria-hidden="true">
			<rect width="64" height="64" rx="18" fill="currentColor" />
			<path
				d="M16 18v28M27 22.5v19M38 27v10M48.5 31v2"
				fill="none"
				stroke="var(--on-accent)"
				strokeWidth="6"
				strokeLinecap="round"
			/>
		</svg>
	);
}
