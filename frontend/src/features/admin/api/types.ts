export type AdminUser = {
  id: string;
  email: string;
  display_name: string;
  roles: string[];
  suspended: boolean;
  version: number;
  created_at: string;
};

export type ServiceHealth = {
  name: string;
  state: string;
  detail: string;
  latency_ms: number | null;
  checked_at: string;
};
export type Health = { ready: boolean; services: ServiceHealth[] };

export type Queue = {
  name: string;
  visible: number;
  in_flight: number;
  delayed: number;
  dead_letters: number;
};

export type DeadLetter = {
  message_id: string;
  body: string;
  attributes: Record<string, string>;
  receive_count: number;
  sent_at: string | null;
};

export type AuditEvent = {
  id: string;
  occurred_at: string;
  service: string;
  action: string;
  actor: string;
  target: string;
};
