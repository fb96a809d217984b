/** A packet's bytes for reading. */

export type Part = "ip" | "udp" | "payload";
export interface HexRow {
  offset: string;
  bytes: Array<{ hex: string; part: Part }>;
  text: string;
}

/** The bytes of base64; empty where it is none. */
export function fromBase64(text: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}

/** How many bytes the IP header has; IPv6's extension headers count as payload. */
export function ipHeaderLength(packet: Uint8Array): number {
  const first = packet[0] ?? 0;
  if (first >> 4 === 4) return Math.max(20, (first & 15) * 4);
  return first >> 4 === 6 ? 40 : 0;
}

/** Sixteen bytes a row, each with the part of the packet that it belongs to. */
export function hexRows(packet: Uint8Array): HexRow[] {
  const ip = ipHeaderLength(packet);
  const rows: HexRow[] = [];
  for (let start = 0; start < packet.length; start += 16) {
    const slice = packet.subarray(start, start + 16);
    rows.push({
      offset: start.toString(16).padStart(4, "0"),
      bytes: Array.from(slice, (byte, at) => ({
        hex: byte.toString(16).padStart(2, "0"),
        part: start + at < ip ? "ip" : start + at < ip + 8 && ip > 0 ? "udp" : "payload",
      })),
      text: Array.from(slice, (byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : ".")).join(
        "",
      ),
    });
  }
  return rows;
}
