import type {
  AllocationModel,
  HoldingModel,
  HoldingsModel,
  PerformanceModel,
  PortfolioModel,
  RiskModel,
  TransactionModel,
} from "@/lib/api/gen/stock/types.gen";

export type Portfolio = PortfolioModel;
export type Holding = HoldingModel;
export type Holdings = HoldingsModel;
export type Performance = PerformanceModel;
export type Risk = RiskModel;
export type Allocation = AllocationModel;
export type Transaction = TransactionModel;
