import { describe, expect, it } from "vitest";
import type { ReplayedPacket } from "@/api/types";
import { endpoint, filterPackets, sinceStart } from "./ReplayResult";

const packet = (parts: Partial<ReplayedPacket>): ReplayedPacket => ({
  number: 1,
  time: 0,
  source: "10.0.0.1",
  source_port: 5,
  destination: "10.0.0.2",
  destination_port: 7,
  length: 60,
  verdict: "pass",
  tag: 0,
  challenge: false,
  printed: [],
  ...parts,
});

describe("packets", () => {
  it("are found by every word", () => {
    const packets = [packet({}), packet({ number: 2, verdict: "drop", tag: 1, printed: ["Too FAST"] })];
    expect(filterPackets(packets, "")).toHaveLength(2);
    expect(filterPackets(packets, "drop tag:1").map((found) => found.number)).toEqual([2]);
    expect(filterPackets(packets, "fast 10.0.0.1:5").map((found) => found.number)).toEqual([2]);
    expect(filterPackets(packets, "drop pass")).toEqual([]);
  });
  it("have ends with ports", () => {
    expect(endpoint("10.0.0.1", 5)).toBe("10.0.0.1:5");
    expect(endpoint("2001:db8::1", 5)).toBe("[2001:db8::1]:5");
    expect(endpoint("10.0.0.1", null)).toBe("10.0.0.1");
    expect(endpoint(null, null)).toBe("");
  });
  it("have times from the start", () => {
    expect(sinceStart(1700000000.25, 1700000000)).toBe("0.250000");
    expect(sinceStart(1, 2)).toBe("0.000000");
  });
});
