import type { UserModel } from "@/lib/api/gen/admin/types.gen";

export type AdminUser = UserModel;
