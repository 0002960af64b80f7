import { useId, type ComponentProps, type ReactNode } from "react";

import { classNames } from "@/lib/class-names";

type Wiring = { id: string; "aria-invalid"?: true; "aria-describedby"?: string };

type FieldProps = {
  label: string;
  error?: string | undefined;
  hint?: string | undefined;
  className?: string | undefined;
  children: (wiring: Wiring) => ReactNode;
};

/** A label, its control, and what is wrong with it, tied together for assistive technology. */
function Field({ label, error, hint, className, children }: FieldProps) {
  const id = useId();
  const note = error ?? hint;
  const wiring: Wiring = { id };
  if (error !== undefined) wiring["aria-invalid"] = true;
  if (note !== undefined) wiring["aria-describedby"] = `${id}-note`;
  return (
    <div className={classNames("flex min-w-0 flex-col gap-1", className)}>
      <label htmlFor={id} className="text-xs font-medium text-muted">
        {label}
      </label>
      {children(wiring)}
      {note !== undefined && (
        <p id={`${id}-note`} className={classNames("text-xs", error === undefined ? "text-muted" : "text-loss")}>
          {note}
        </p>
      )}
    </div>
  );
}

const controlClass =
  "w-full min-w-0 rounded-lg border border-line bg-surface px-3 py-2 text-sm placeholder:text-muted aria-invalid:border-loss";

type TextFieldProps = Omit<ComponentProps<"input">, "id"> & Omit<FieldProps, "children">;

export function TextField({ label, error, hint, className, ...input }: TextFieldProps) {
  return (
    <Field label={label} error={error} hint={hint} className={className}>
      {(wiring) => <input {...input} {...wiring} className={controlClass} />}
    </Field>
  );
}

type SelectFieldProps = Omit<ComponentProps<"select">, "id"> & Omit<FieldProps, "children"> & { children: ReactNode };

export function SelectField({ label, error, hint, className, children, ...select }: SelectFieldProps) {
  return (
    <Field label={label} error={error} hint={hint} className={className}>
      {(wiring) => (
        <select {...select} {...wiring} className={controlClass}>
          {children}
        </select>
      )}
    </Field>
  );
}
