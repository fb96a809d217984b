/** Packets a second over five minutes, with a line where a deployment went live. */

import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useShownTheme } from "@/app/theme";
import { short } from "@/ui/format";

export interface Mark {
  /** Unix seconds. */
  at: number;
  label: string;
}

interface Props {
  data: [number[], ...Array<Array<number | null>>];
  marks: readonly Mark[];
}

const SERIES = [
  { label: "In", color: "--chart-in", dash: [] },
  { label: "Passed", color: "--chart-pass", dash: [] },
  { label: "Dropped", color: "--chart-drop", dash: [] },
  { label: "Challenged", color: "--chart-challenge", dash: [5, 4] },
];

function css(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** Vertical lines with words, in the plot's own pixels. */
function drawMarks(plot: uPlot, marks: readonly Mark[]): void {
  const { ctx, bbox } = plot;
  const [from, to] = [plot.scales.x?.min ?? 0, plot.scales.x?.max ?? 0];
  const ratio = window.devicePixelRatio || 1;
  ctx.save();
  ctx.font = `600 ${11 * ratio}px ${css("--sans")}`;
  for (const { at, label } of marks) {
    if (at < from || at > to) continue;
    const x = Math.round(plot.valToPos(at, "x", true));
    ctx.strokeStyle = css("--accent");
    ctx.lineWidth = ratio;
    ctx.setLineDash([4 * ratio, 3 * ratio]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.fillStyle = css("--accent-text");
    const room = bbox.left + bbox.width - x;
    const width = ctx.measureText(label).width;
    ctx.textAlign = width + 8 * ratio < room ? "left" : "right";
    ctx.fillText(label, x + (ctx.textAlign === "left" ? 5 : -5) * ratio, bbox.top + 13 * ratio);
  }
  ctx.restore();
}

function options(width: number, marks: { current: readonly Mark[] }): uPlot.Options {
  const grid = { stroke: css("--line"), width: 1 };
  const axis = { stroke: css("--text-faint"), grid, ticks: { show: false }, font: `11.5px ${css("--sans")}` };
  return {
    width,
    height: 300,
    padding: [14, 30, 0, 0],
    cursor: { y: false, points: { size: 7 } },
    legend: { live: true },
    scales: {
      x: { time: true },
      y: { range: (_, __, most) => [0, Math.max(10, (most ?? 0) * 1.12)] },
    },
    axes: [
      {
        ...axis,
        size: 30,
        space: 56,
        incrs: [1, 5, 10, 15, 30, 60, 120, 300],
        values: [[1, "{HH}:{mm}:{ss}", null, null, null, null, null, null, 1]],
      },
      { ...axis, size: 58, values: (_, ticks) => ticks.map((tick) => short(tick)) },
    ],
    series: [
      { label: "Time", value: "{HH}:{mm}:{ss}" },
      ...SERIES.map(({ label, color, dash }, at) => ({
        label,
        stroke: css(color),
        width: at === 0 ? 1.25 : 2,
        dash,
        fill: at === 2 ? `color-mix(in srgb, ${css(color)} 14%, transparent)` : undefined,
        points: { show: false },
        value: (_: uPlot, value: number | null) => (value == null ? "–" : short(value)),
      })),
    ],
    hooks: { draw: [(plot) => drawMarks(plot, marks.current)] },
  };
}

export function Chart({ data, marks }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(null);
  const newest = useRef(data);
  newest.current = data;
  const shownMarks = useRef(marks);
  shownMarks.current = marks;
  const theme = useShownTheme();

  // biome-ignore lint/correctness/useExhaustiveDependencies: the theme is what the colours are read from.
  useEffect(() => {
    const parent = place.current;
    if (!parent) return;
    const made = new uPlot(options(parent.clientWidth, shownMarks), newest.current, parent);
    plot.current = made;
    const watcher = new ResizeObserver(() => made.setSize({ width: parent.clientWidth, height: 300 }));
    watcher.observe(parent);
    return () => {
      watcher.disconnect();
      plot.current = null;
      made.destroy();
    };
  }, [theme]);

  const [times] = data;
  const end = times.at(-1) ?? 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new mark has to be drawn too.
  useEffect(() => {
    plot.current?.batch(() => {
      plot.current?.setData(data, false);
      plot.current?.setScale("x", { min: times[0] ?? 0, max: end });
    });
  }, [data, marks]);

  return (
    <div
      className="chart"
      ref={place}
      data-testid="live-chart"
      data-end={end}
      role="img"
      aria-label="Packets a second"
    />
  );
}
