//! The packets of a pcap file.

use super::{Bytes, CaptureError, MAX_PACKET, Record, fail};

#[derive(Clone, Debug)]
pub(super) struct Reader<'a> {
    bytes: Bytes<'a>,
    link: u32,
    /// Nanoseconds of a unit of the times.
    unit: u64,
    at: usize,
}

impl<'a> Reader<'a> {
    /// # Errors
    /// [`CaptureError`] with code `capture.truncated`.
    pub fn new(bytes: Bytes<'a>, unit: u64) -> Result<Self, CaptureError> {
        let Some(link) = bytes.u32(20) else {
            return fail("capture.truncated", None, "the file header is cut off");
        };
        Ok(Self {
            bytes,
            // The upper half says how long the frame check sequence is.
            link: link & 0xffff,
            unit,
            at: 24,
        })
    }

    /// Packet `number`, or None behind the last one.
    #[inline]
    pub fn next(&mut self, number: usize) -> Result<Option<Record<'a>>, CaptureError> {
        let Self { bytes, at, .. } = *self;
        if at >= bytes.data.len() {
            return Ok(None);
        }
        let Some([seconds, fraction, length, _]) = bytes.u32s(at) else {
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
        let Some(data) = bytes.data.get(at + 16..at + 16 + length) else {
            return fail("capture.truncated", Some(number), "its bytes are cut off");
        };
        self.at = at + 16 + length;
        Ok(Some(Record {
            link: self.link,
            unix_nanos: u64::from(seconds) * 1_000_000_000 + u64::from(fraction) * self.unit,
            data,
        }))
    }
}
