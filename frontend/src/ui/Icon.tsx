/** Line icons on a 20 × 20 grid. */

const PATHS = {
  code: "M7 6 3 10l4 4M13 6l4 4-4 4",
  rocket: "M10 3c3 1.5 4.5 4 4.5 7.5L12 13H8l-2.5-2.5C5.5 7 7 4.5 10 3ZM8 13v3.5M12 13v3.5M10 8.5v.01",
  pulse: "M2 10h3.5l2-5 4 10 2.2-5H18",
  gear: "M4 6h6M14 6h2M4 14h2M10 14h6M12 4v4M8 12v4",
  close: "m5 5 10 10M15 5 5 15",
  plus: "M10 4v12M4 10h12",
  warning: "M10 3.5 17.5 16h-15L10 3.5ZM10 8.5v3.2M10 13.8v.01",
  info: "M10 2.8a7.2 7.2 0 1 0 0 14.4 7.2 7.2 0 0 0 0-14.4ZM10 9.2v4.2M10 6.6v.01",
  check: "m4 10.5 4 4 8-9",
  chevron: "m7.5 5 5 5-5 5",
  down: "m5 7.5 5 5 5-5",
  sun: "M10 6.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7ZM10 2v1.8M10 16.2V18M2 10h1.8M16.2 10H18M4.4 4.4l1.2 1.2M14.4 14.4l1.2 1.2M4.4 15.6l1.2-1.2M14.4 5.6l1.2-1.2",
  moon: "M16.5 11.6A6.8 6.8 0 0 1 8.4 3.5a6.8 6.8 0 1 0 8.1 8.1Z",
  auto: "M3 4.5h14v9H3zM7.5 17h5",
  out: "M8 4H4v12h4M12 6.5 15.5 10 12 13.5M15.5 10H8",
  upload: "M10 13V4M6.5 7 10 3.5 13.5 7M4 13v3h12v-3",
  download: "M10 3.5V13M6.5 9.8 10 13.2l3.5-3.4M4 13.5v3h12v-3",
  play: "M6 4.5v11l9.5-5.5z",
  pause: "M7 4.5v11M13 4.5v11",
  trash: "M4 6h12M8 6V4h4v2M5.5 6l.8 10.5h7.4L14.5 6",
  power: "M10 3v6.5M6 5.2a6.5 6.5 0 1 0 8 0",
  key: "M12.5 3.5a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM9.7 10.3 4 16M6.5 13.5l2 2",
  copy: "M7 7h9v9H7zM4 13V4h9",
  people:
    "M7.5 4.5a2.7 2.7 0 1 0 0 5.4 2.7 2.7 0 0 0 0-5.4ZM2.5 16c.4-2.8 2.3-4.2 5-4.2s4.6 1.4 5 4.2M13 5a2.5 2.5 0 0 1 0 4.8M14.5 12c1.7.5 2.7 1.8 3 4",
  list: "M4 5.5h12M4 10h12M4 14.5h8",
  shield: "M10 2.8 16 5v4.5c0 3.8-2.5 6.5-6 7.7-3.5-1.2-6-3.9-6-7.7V5z",
  clock: "M10 2.8a7.2 7.2 0 1 0 0 14.4 7.2 7.2 0 0 0 0-14.4ZM10 6v4.2l2.8 1.8",
  back: "M12.5 5 7.5 10l5 5",
  swap: "M4 7h11M12 4l3 3-3 3M16 13H5M8 10l-3 3 3 3",
  save: "M4 4h9.5L16 6.5V16H4zM7 4v4h5V4M7 16v-4.5h6V16",
  pencil: "M4 16l.8-3.2L13 4.6l2.4 2.4-8.2 8.2z",
  search: "M9 4a5 5 0 1 0 0 10A5 5 0 0 0 9 4ZM12.8 12.8 16.5 16.5",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg className="icon" viewBox="0 0 20 20" width={size} height={size} aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

/** The product's sign. */
export function Logo({ size = 28 }: { size?: number }) {
  return (
    <svg viewBox="0 0 32 32" width={size} height={size} aria-hidden="true" focusable="false" className="logo">
      <rect width="32" height="32" rx="8" fill="var(--brand)" />
      <path d="M7 11h9m-9 5h6m-6 5h9" stroke="#fff" strokeWidth="2.4" strokeLinecap="round" opacity=".65" />
      <path
        d="m18 9 7 7-7 7"
        fill="none"
        stroke="#fff"
        strokeWidth="2.8"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
