import { SelectField, TextField } from "@/components/field";
import type { ApiError } from "@/lib/api/api-error";
import type { QuietHoursBody } from "@/lib/api/gen/stock/types.gen";

type Props = {
  value: QuietHoursBody;
  error: ApiError | undefined;
  onChange: (value: QuietHoursBody) => void;
};

export function hereZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

export function QuietHours({ value, error, onChange }: Props) {
  const zones = [...new Set([value.time_zone, hereZone(), "UTC", ...Intl.supportedValuesOf("timeZone")])];
  return (
    <div className="grid grid-cols-2 gap-3 sm:grid-cols-[8rem_8rem_1fr]">
      <TextField
        label="From"
        type="time"
        required
        value={value.start.slice(0, 5)}
        error={error?.field("start")}
        onChange={(event) => onChange({ ...value, start: event.target.value })}
      />
      <TextField
        label="Until"
        type="time"
        required
        value={value.end.slice(0, 5)}
        error={error?.field("end")}
        onChange={(event) => onChange({ ...value, end: event.target.value })}
      />
      <SelectField
        label="Time zone"
        className="col-span-2 sm:col-span-1"
        value={value.time_zone}
        error={error?.field("time_zone")}
        onChange={(event) => onChange({ ...value, time_zone: event.target.value })}
      >
        {zones.map((zone) => (
          <option key={zone}>{zone}</option>
        ))}
      </SelectField>
    </div>
  );
}
