import type { ReactNode } from "react";
import { Button as AriaButton, type ButtonProps as AriaButtonProps } from "react-aria-components/Button";
import { Tooltip, TooltipTrigger } from "react-aria-components/Tooltip";
import { Icon, type IconName } from "./icons.tsx";

export type ButtonLook = "primary" | "quietly" | "plain" | "danger" | "danger-plain";

type ButtonProps = Omit<AriaButtonProps, "className" | "children"> & {
	readonly look?: ButtonLook;
	readonly icon?: IconName;
	readonly compact?: boolean;
	readonly className?: string;
	readonly children: ReactNode;
};

/** A button with words. `primary` is for the one thing to do next. */
export function Button({ look = "quietly", icon, compact = false, className = "", children, ...rest }: ButtonProps) {
	return (
		<AriaButton {...rest} className={`button ${look} ${compact ? "compact" : ""} ${className}`}>
			{icon === undefined ? null : <Icon name={icon} size={compact ? 18 : 20} />}
			{children}
		</AriaButton>
	);
}

type IconButtonProps = Omit<AriaButtonProps, "className" | "children" | "aria-label"> & {
	readonly name: string;
	readonly icon: IconName;
	readonly className?: string;
	readonly placement?: "top" | "bottom" | "left" | "right";
	readonly children?: ReactNode;
};

/** A button that shows only an icon; its name is heard, and seen on hover and focus. */
export function IconButton({ name, icon, className = "", placement = "bottom", children, ...rest }: IconButtonProps) {
	return (
		<TooltipTrigger delay={500} closeDelay={0}>
			<AriaButton {...rest} aria-label={name} className={`icon-button ${className}`}>
				<Icon name={icon} />
				{children}
			</AriaButton>
			<Tooltip className="tooltip" placement={placement} offset={6}>
				{name}
			</Tooltip>
		</TooltipTrigger>
	);
}
