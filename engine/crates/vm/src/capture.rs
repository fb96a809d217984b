//! Captures: pcap and pcapng in, annotated pcapng out. Nothing in a capture is trusted.

mod pcap;
mod pcapng;
mod write;

use std::fmt;

pub use crate::offset::ip_offset;
pub use write::Writer;

/// Largest capture in bytes.
pub const MAX_CAPTURE: usize = 256 << 20;
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

#[cold]
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

/// The bytes of a capture with their order.
#[derive(Clone, Copy, Debug)]
struct Bytes<'a> {
    data: &'a [u8],
    big: bool,
}

impl<'a> Bytes<'a> {
    fn u16(&self, at: usize) -> Option<u16> {
        let bytes = self.data.get(at..at + 2)?.try_into().ok()?;
        Some(if self.big {
            u16::from_be_bytes(bytes)
        } else {
            u16::from_le_bytes(bytes)
        })
    }

    fn u32(&self, at: usize) -> Option<u32> {
        self.u32s::<1>(at).map(|[word]| word)
    }

    /// `N` words in a row.
    #[inline]
    fn u32s<const N: usize>(&self, at: usize) -> Option<[u32; N]> {
        let bytes: &'a [u8] = self.data.get(at..at.checked_add(4 * N)?)?;
        let mut words = [0; N];
        for (word, four) in words.iter_mut().zip(bytes.chunks_exact(4)) {
            let four = [four[0], four[1], four[2], four[3]];
            *word = if self.big {
                u32::from_be_bytes(four)
            } else {
                u32::from_le_bytes(four)
            };
        }
        Some(words)
    }
}

/// The packets of a capture, read one at a time and not copied. Ends with the first error.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    format: Format<'a>,
    /// Packets so far.
    count: usize,
    ended: bool,
}

#[derive(Clone, Debug)]
enum Format<'a> {
    Pcap(pcap::Reader<'a>),
    Pcapng(pcapng::Reader<'a>),
}

impl<'a> Records<'a> {
    /// Begins with the packets of a pcap or pcapng file.
    ///
    /// # Errors
    /// [`CaptureError`] with code `capture.too_large`, `capture.format` or `capture.truncated`.
    pub fn new(data: &'a [u8]) -> Result<Self, CaptureError> {
        if data.len() > MAX_CAPTURE {
            return fail(
                "capture.too_large",
                None,
                format!("the capture is larger than {MAX_CAPTURE} bytes"),
            );
        }
        let pcap = |big, unit| pcap::Reader::new(Bytes { data, big }, unit).map(Format::Pcap);
        let format = match data.get(..4) {
            Some([0xd4, 0xc3, 0xb2, 0xa1]) => pcap(false, 1_000),
            Some([0xa1, 0xb2, 0xc3, 0xd4]) => pcap(true, 1_000),
            Some([0x4d, 0x3c, 0xb2, 0xa1]) => pcap(false, 1),
            Some([0xa1, 0xb2, 0x3c, 0x4d]) => pcap(true, 1),
            Some([0x0a, 0x0d, 0x0d, 0x0a]) => Ok(Format::Pcapng(pcapng::Reader::new(data))),
            _ => fail("capture.format", None, "neither a pcap nor a pcapng file"),
        };
        Ok(Self {
            format: format?,
            count: 0,
            ended: false,
        })
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<Record<'a>, CaptureError>;

    /// The next packet. Its errors have code `capture.too_many`, `capture.format`, `capture.truncated` or
    /// `capture.packet`; `packet` names the one at fault.
    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let number = self.count + 1;
        let next = match &mut self.format {
            Format::Pcap(reader) => reader.next(number),
            Format::Pcapng(reader) => reader.next(number),
        };
        let next = match next {
            Ok(None) => None,
            Ok(Some(_)) if number > MAX_PACKETS => {
                let message = format!("a capture may have {MAX_PACKETS} packets");
                Some(fail("capture.too_many", Some(number), message))
            }
            Ok(Some(record)) => {
                self.count = number;
                return Some(Ok(record));
            }
            Err(error) => Some(Err(error)),
        };
        self.ended = true;
        next
    }
}

/// Reads all packets of a pcap or pcapng file.
///
/// # Errors
/// Those of [`Records`].
pub fn read(data: &[u8]) -> Result<Vec<Record<'_>>, CaptureError> {
    Records::new(data)?.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut writer = Writer::default();
        writer.packet(1, 1_700_000_000_123_456_789, b"hello", &[b"CF_EBPF_PASS"]);
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
            writer.packet(length % 3, 7, &vec![1; length as usize], &[b"x"]);
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
