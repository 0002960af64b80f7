import { LineChart, type LineSeriesOption } from "echarts/charts";
import { GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { init, use as register, type ComposeOption, type ECharts } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { useEffect, useRef } from "react";

import type { Performance } from "@/features/portfolio/api/types";
import { useDark } from "@/hooks/use-dark";
import { formatDay, formatPercent } from "@/lib/format";
import { formatMoney } from "@/lib/money";

register([LineChart, GridComponent, LegendComponent, TooltipComponent, CanvasRenderer]);

type Point = [day: string, value: number];

/** The value, the benchmark scaled to the value at the start, and below them the drawdown. */
export function ValueChart({ performance }: { performance: Performance }) {
  const holder = useRef<HTMLDivElement>(null);
  const chart = useRef<ECharts>(undefined);
  const dark = useDark();

  useEffect(() => {
    if (holder.current === null) return undefined;
    const created = init(holder.current, undefined, { renderer: "canvas" });
    chart.current = created;
    const observer = new ResizeObserver(() => created.resize());
    observer.observe(holder.current);
    return () => {
      observer.disconnect();
      created.dispose();
    };
  }, []);

  useEffect(() => {
    chart.current?.setOption(optionOf(performance), { notMerge: true });
  }, [performance, dark]);

  return (
    <figure className="h-full min-h-80">
      <div ref={holder} aria-hidden className="h-full min-h-80 w-full" />
      <figcaption className="sr-only">{describe(performance)}</figcaption>
    </figure>
  );
}

function describe({ series, value_start, value_end, benchmark, max_drawdown, start, end }: Performance): string {
  const parts = [
    `Portfolio value over ${series.dates.length} days, from ${formatMoney(value_start)} on ${formatDay(start)} to ${formatMoney(value_end)} on ${formatDay(end)}.`,
  ];
  if (benchmark?.twr != null)
    parts.push(`${benchmark.symbol} returned ${formatPercent(benchmark.twr)} over the same days.`);
  if (max_drawdown !== null) parts.push(`The deepest drawdown was ${formatPercent(max_drawdown)}.`);
  return parts.join(" ");
}

function optionOf(performance: Performance): ComposeOption<LineSeriesOption> {
  const { series, drawdown, benchmark, value_end } = performance;
  const currency = value_end.currency;
  const money = (value: number, whole = true) => formatMoney({ amount: value.toFixed(2), currency }, { whole });
  const ink = cssColour("--muted");
  const line = cssColour("--line");
  const axisText = { color: ink, fontSize: 11 };
  const base = series.value[0] ?? 0;
  const lines: LineSeriesOption[] = [
    {
      name: "Portfolio",
      type: "line",
      data: pair(series.dates, series.value),
      showSymbol: false,
      lineStyle: { width: 2, color: cssColour("--accent") },
      itemStyle: { color: cssColour("--accent") },
      areaStyle: { color: cssColour("--accent"), opacity: 0.08 },
    },
    {
      name: "Drawdown",
      type: "line",
      xAxisIndex: 1,
      yAxisIndex: 1,
      data: pair(drawdown.dates, drawdown.values),
      showSymbol: false,
      lineStyle: { width: 1, color: cssColour("--loss") },
      itemStyle: { color: cssColour("--loss") },
      areaStyle: { color: cssColour("--loss"), opacity: 0.15 },
    },
  ];
  if (benchmark !== null && benchmark.growth.length > 1 && base > 0) {
    lines.splice(1, 0, {
      name: benchmark.symbol,
      type: "line",
      data: pair(
        series.dates,
        benchmark.growth.map((growth) => (growth === null ? null : growth * base)),
      ),
      showSymbol: false,
      lineStyle: { width: 1.5, type: [5, 4], color: cssColour("--benchmark") },
      itemStyle: { color: cssColour("--benchmark") },
    });
  }
  const timeAxis = {
    type: "time" as const,
    axisLine: { lineStyle: { color: line } },
    axisTick: { show: false },
    splitLine: { show: false },
  };
  return {
    animation: false,
    textStyle: { fontFamily: "inherit" },
    legend: { top: 0, right: 0, icon: "roundRect", itemHeight: 3, itemWidth: 16, textStyle: { color: ink } },
    tooltip: {
      trigger: "axis",
      backgroundColor: cssColour("--surface"),
      borderColor: line,
      textStyle: { color: cssColour("--ink"), fontSize: 12 },
      formatter: (parameters: unknown) => tooltip(parameters, money),
    },
    axisPointer: { link: [{ xAxisIndex: "all" }] },
    grid: [
      { left: 64, right: 8, top: 32, height: "56%" },
      { left: 64, right: 8, bottom: 22, height: "20%" },
    ],
    xAxis: [
      { ...timeAxis, gridIndex: 0, axisLabel: { show: false } },
      { ...timeAxis, gridIndex: 1, axisLabel: { ...axisText, hideOverlap: true } },
    ],
    yAxis: [
      {
        type: "value",
        gridIndex: 0,
        scale: true,
        splitNumber: 4,
        axisLabel: { ...axisText, formatter: (value: number) => money(value) },
        splitLine: { lineStyle: { color: line, opacity: 0.6 } },
      },
      {
        type: "value",
        gridIndex: 1,
        max: 0,
        splitNumber: 2,
        axisLabel: { ...axisText, formatter: (value: number) => formatPercent(value, { digits: 0 }) },
        splitLine: { lineStyle: { color: line, opacity: 0.6 } },
      },
    ],
    series: lines,
  };
}

type TooltipPart = { seriesName?: string; value?: unknown; marker?: unknown };

/** Builds the tooltip from elements, since names come from data and the library would take a string as HTML. */
function tooltip(parameters: unknown, money: (value: number, whole?: boolean) => string): HTMLElement {
  const parts = (Array.isArray(parameters) ? parameters : [parameters]) as TooltipPart[];
  const root = document.createElement("div");
  const day = pointOf(parts[0]?.value)?.[0];
  const title = root.appendChild(document.createElement("strong"));
  title.textContent = day === undefined ? "" : formatDay(day);
  for (const part of parts) {
    const point = pointOf(part.value);
    if (point === undefined) continue;
    const row = root.appendChild(document.createElement("div"));
    const value = part.seriesName === "Drawdown" ? formatPercent(point[1]) : money(point[1], false);
    row.textContent = `${part.seriesName ?? ""}: ${value}`;
  }
  return root;
}

function pointOf(value: unknown): Point | undefined {
  return Array.isArray(value) && typeof value[0] === "string" && typeof value[1] === "number"
    ? [value[0], value[1]]
    : undefined;
}

function pair(days: readonly string[], values: readonly (number | null)[]): Point[] {
  return days.flatMap((day, index): Point[] => {
    const value = values[index];
    return value == null ? [] : [[day, value]];
  });
}

/** A palette colour as rgb(): the chart library reads no oklch, so a canvas pixel translates. */
function cssColour(name: string): string {
  const context = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d");
  if (context === null) return "#888888";
  context.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  context.fillRect(0, 0, 1, 1);
  const [red = 0, green = 0, blue = 0] = context.getImageData(0, 0, 1, 1).data;
  return `rgb(${red}, ${green}, ${blue})`;
}
