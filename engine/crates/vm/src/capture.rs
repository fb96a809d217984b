//! Captures: pcap and pcapng in, annotated pcapng out. Nothing in a capture is trusted.

mod write;

use std::fmt;

pub use crate::offset::ip_offset;
pub use write::Writer;

/// Largest capture in bytes.
pub const MAX_CAPTURE: usize = 64 << 20;
/// Largest packet record in bytes.
pub const MAX_PACKET: usize = 262_144;
/// Most packets in a capture.
pub const MAX_PACKETS: usize = 1_000_000;

/// Why a capture cannot be read; `packet` counts from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaptureError {
    pub code: &'static str,
    pub packet: Option<usize>,
    pub message: String,
}

impl fmt::Display for CaptureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.packet {
            Some(packet) => write!(f, "packet {packet}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for CaptureError {}

/// One recorded packet. `link` is the LINKTYPE number of its interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    pub link: u32,
    pub unix_nanos: u64,
    pub data: &'a [u8],
}

fn fail<T>(
    code: &'static str,
    packet: Option<usize>,
    message: impl Into<String>,
) -> Result<T, CaptureError> {
    Err(CaptureError {
        code,
        packet,
        message: message.into(),
    })
}

struct Bytes<'a> {
    data: &'a [u8],
    big: bool,
}

impl Bytes<'_> {
    fn u16(&self, at: usize) -> Option<u16> {
        let bytes = self.data.get(at..at + 2)?.try_into().ok()?;
        Some(if self.big {
            u16::from_be_bytes(bytes)
        } else {
            u16::from_le_bytes(bytes)
        })
    }

    fn u32(&self, at: usize) -> Option<u32> {
        let bytes = self.data.get(at..at + 4)?.try_into().ok()?;
        Some(if self.big {
            u32::from_be_bytes(bytes)
        } else {
            u32::from_le_bytes(bytes)
        })
    }
}

/// Reads all packets of a pcap or pcapng file.
///
/// # Errors
/// [`CaptureError`] with code `capture.too_large`, `capture.too_many`, `capture.format`, `capture.truncated` or
/// `capture.packet`; `packet` names the one at fault.
pub fn read(data: &[u8]) -> Result<Vec<Record<'_>>, CaptureError> {
    if data.len() > MAX_CAPTURE {
        return fail(
            "capture.too_large",
            None,
            format!("the capture is larger than {MAX_CAPTURE} bytes"),
        );
    }
    match data.get(..4) {
        Some([0xd4, 0xc3, 0xb2, 0xa1]) => read_pcap(data, false, 1_000),
        Some([0xa1, 0xb2, 0xc3, 0xd4]) => read_pcap(data, true, 1_000),
        Some([0x4d, 0x3c, 0xb2, 0xa1]) => read_pcap(data, false, 1),
        Some([0xa1, 0xb2, 0x3c, 0x4d]) => read_pcap(data, true, 1),
        Some([0x0a, 0x0d, 0x0d, 0x0a]) => read_pcapng(data),
        _ => fail("capture.format", None, "neither a pcap nor a pcapng file"),
    }
}

fn check_count(number: usize) -> Result<(), CaptureError> {
    if number > MAX_PACKETS {
        let message = format!("a capture may have {MAX_PACKETS} packets");
        return fail("capture.too_many", Some(number), message);
    }
    Ok(())
}

fn read_pcap(data: &[u8], big: bool, unit: u64) -> Result<Vec<Record<'_>>, CaptureError> {
    let bytes = Bytes { data, big };
    let Some(link) = bytes.u32(20) else {
        return fail("capture.truncated", None, "the file header is cut off");
    };
    let (mut at, mut records) = (24, Vec::new());
    while at < data.len() {
        let number = records.len() + 1;
        check_count(number)?;
        let (Some(seconds), Some(fraction), Some(length)) =
            (bytes.u32(at), bytes.u32(at + 4), bytes.u32(at + 8))
        else {
            return fail("capture.truncated", Some(number), "its header is cut off");
        };
        let length = length as usize;
        if length > MAX_PACKET {
            return fail(
                "capture.packet",
                Some(number),
                format!("{length} bytes are more than {MAX_PACKET}"),
            );
        }
        let Some(packet) = at
            .checked_add(16)
            .and_then(|start| data.get(start..start + length))
        else {
            return fail("capture.truncated", Some(number), "its bytes are cut off");
        };
        records.push(Record {
            // The upper half says how long the frame check sequence is.
            link: link & 0xffff,
            unix_nanos: u64::from(seconds) * 1_000_000_000 + u64::from(fraction) * unit,
            data: packet,
        });
        at += 16 + length;
    }
    Ok(records)
}

#[derive(Clone, Copy)]
struct Interface {
    link: u32,
    /// Nanoseconds of a tick as a fraction.
    unit: (u128, u128),
}

fn read_pcapng(data: &[u8]) -> Result<Vec<Record<'_>>, CaptureError> {
    let (mut at, mut records, mut interfaces) = (0, Vec::new(), Vec::<Interface>::new());
    let mut big = false;
    while at < data.len() {
        let number = Some(records.len() + 1);
        if data[at..].starts_with(&[0x0a, 0x0d, 0x0d, 0x0a]) {
            big = data.get(at + 8..at + 12) == Some(&[0x1a, 0x2b, 0x3c, 0x4d]);
            interfaces.clear();
        }
        let bytes = Bytes { data, big };
        let (Some(kind), Some(length)) = (bytes.u32(at), bytes.u32(at + 4)) else {
            return fail("capture.truncated", number, "its block header is cut off");
        };
        let length = length as usize;
        if length < 12 || !length.is_multiple_of(4) {
            return fail("capture.format", number, "its block length is wrong");
        }
        let Some(block) = at.checked_add(length).and_then(|end| data.get(at..end)) else {
            return fail("capture.truncated", number, "its block is cut off");
        };
        let body = Bytes {
            data: &block[..length - 4],
            big,
        };
        match kind {
            1 => interfaces.push(interface(&body)),
            3 | 6 => {
                check_count(records.len() + 1)?;
                let enhanced = kind == 6;
                let index = if enhanced {
                    body.u32(8).unwrap_or(u32::MAX)
                } else {
                    0
                } as usize;
                let Some(interface) = interfaces.get(index) else {
                    return fail("capture.packet", number, "it names no known interface");
                };
                let start = if enhanced { 28 } else { 12 };
                let stated = body.u32(if enhanced { 20 } else { 8 }).unwrap_or(u32::MAX) as usize;
                let taken = if enhanced {
                    stated
                } else {
                    stated.min(body.data.len().saturating_sub(start))
                };
                if taken > MAX_PACKET {
                    return fail(
                        "capture.packet",
                        number,
                        format!("{taken} bytes are more than {MAX_PACKET}"),
                    );
                }
                let Some(packet) = block
                    .get(start..start + taken)
                    .filter(|_| start + taken <= length - 4)
                else {
                    return fail("capture.truncated", number, "its bytes are cut off");
                };
                let ticks = match (enhanced, body.u32(12), body.u32(16)) {
                    (true, Some(high), Some(low)) => u128::from(high) << 32 | u128::from(low),
                    _ => 0,
                };
                let nanos = ticks * interface.unit.0 / interface.unit.1;
                records.push(Record {
                    link: interface.link,
                    unix_nanos: u64::try_from(nanos).unwrap_or(u64::MAX),
                    data: packet,
                });
            }
            _ => {}
        }
        at += length;
    }
    Ok(records)
}

fn interface(body: &Bytes<'_>) -> Interface {
    let mut unit = (1_000, 1);
    let mut at = 16;
    while let (Some(code), Some(length)) = (body.u16(at), body.u16(at + 2)) {
        if code == 0 {
            break;
        }
        if code == 9 {
            // if_tsresol: a negative power of ten, or of two where the high bit is set.
            unit = match body.data.get(at + 4) {
                Some(power) if power & 0x80 != 0 => {
                    (1_000_000_000, 1u128 << (power & 0x7f).min(63))
                }
                Some(power) => (1_000_000_000, 10u128.pow(u32::from((*power).min(18)))),
                None => unit,
            };
        }
        at += 4 + usize::from(length).next_multiple_of(4);
    }
    Interface {
        link: u32::from(body.u16(8).unwrap_or(0)),
        unit,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut writer = Writer::default();
        writer.packet(
            1,
            1_700_000_000_123_456_789,
            b"hello",
            &["CF_EBPF_PASS".to_owned()],
        );
        writer.packet(101, 5, b"", &[]);
        let file = writer.finish();
        let records = read(&file).unwrap();
        assert_eq!(
            records[0],
            Record {
                link: 1,
                unix_nanos: 1_700_000_000_123_456_789,
                data: b"hello"
            }
        );
        assert_eq!(
            records[1],
            Record {
                link: 101,
                unix_nanos: 5,
                data: b""
            }
        );
    }

    #[test]
    fn a_cut_pcap_names_the_packet() {
        let mut file = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0];
        file.extend([0; 8]);
        file.extend([0xff, 0xff, 0, 0, 101, 0, 0, 0]);
        for _ in 0..2 {
            file.extend([1, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0]);
            file.extend(b"abcd");
        }
        assert_eq!(read(&file).unwrap()[1].unix_nanos, 1_000_002_000);
        let error = read(&file[..file.len() - 1]).unwrap_err();
        assert_eq!((error.code, error.packet), ("capture.truncated", Some(2)));
        assert_eq!(read(b"rubbish").unwrap_err().code, "capture.format");
    }

    #[test]
    fn hostile_captures_never_panic() {
        let mut writer = Writer::default();
        for length in 0..20 {
            writer.packet(length % 3, 7, &vec![1; length as usize], &["x".to_owned()]);
        }
        let good = writer.finish();
        let mut seed = 3u64;
        for _ in 0..20_000 {
            let mut bytes = good.clone();
            for _ in 0..3 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let at = (seed >> 33) as usize % bytes.len();
                bytes[at] = (seed >> 25) as u8;
            }
            bytes.truncate((seed >> 40) as usize % (bytes.len() + 1));
            let _ = read(&bytes);
        }
    }

    #[test]
    fn too_many_packets_are_refused_by_number() {
        let mut file = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0];
        file.extend([0; 8]);
        file.extend([0xff, 0xff, 0, 0, 101, 0, 0, 0]);
        file.resize(24 + 16 * (MAX_PACKETS + 1), 0);
        let error = read(&file).unwrap_err();
        assert_eq!(
            (error.code, error.packet),
            ("capture.too_many", Some(MAX_PACKETS + 1))
        );
        assert_eq!(read(&file[..file.len() - 16]).unwrap().len(), MAX_PACKETS);
        assert_eq!(
            read(&vec![0; MAX_CAPTURE + 1]).unwrap_err().code,
            "capture.too_large"
        );
    }
}
