//! The packets of a pcapng file.

use super::{Bytes, CaptureError, MAX_PACKET, Record, fail};

/// Nanoseconds of a tick.
#[derive(Clone, Copy, Debug)]
enum Unit {
    Whole(u64),
    Fraction(u128, u128),
}

impl Unit {
    /// From option if_tsresol: a negative power of ten, or of two where the high bit is set.
    fn of(resolution: u8) -> Self {
        match resolution {
            power @ 0..=9 => Self::Whole(10u64.pow(9 - u32::from(power))),
            power if power & 0x80 != 0 => {
                Self::Fraction(1_000_000_000, 1 << (power & 0x7f).min(63))
            }
            power => Self::Fraction(1_000_000_000, 10u128.pow(u32::from(power.min(18)))),
        }
    }

    /// `ticks` in nanoseconds, as far as they fit.
    #[inline]
    fn nanos(self, ticks: u64) -> u64 {
        match self {
            Self::Whole(nanos) => ticks.saturating_mul(nanos),
            Self::Fraction(above, below) => {
                u64::try_from(u128::from(ticks) * above / below).unwrap_or(u64::MAX)
            }
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Interface {
    link: u32,
    unit: Unit,
}

impl Interface {
    fn new(body: &Bytes<'_>) -> Self {
        let mut unit = Unit::of(6);
        let mut at = 16;
        while let (Some(code), Some(length)) = (body.u16(at), body.u16(at + 2)) {
            if code == 0 {
                break;
            }
            if code == 9 {
                unit = body.data.get(at + 4).map_or(unit, |power| Unit::of(*power));
            }
            at += 4 + usize::from(length).next_multiple_of(4);
        }
        Self {
            link: u32::from(body.u16(8).unwrap_or(0)),
            unit,
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Reader<'a> {
    bytes: Bytes<'a>,
    interfaces: Vec<Interface>,
    at: usize,
}

impl<'a> Reader<'a> {
    pub fn new(data: &'a [u8]) -> Self {
        Self {
            bytes: Bytes { data, big: false },
            interfaces: Vec::new(),
            at: 0,
        }
    }

    /// Packet `number`, or None behind the last one.
    pub fn next(&mut self, number: usize) -> Result<Option<Record<'a>>, CaptureError> {
        let data = self.bytes.data;
        while self.at < data.len() {
            let at = self.at;
            if data[at..].starts_with(&[0x0a, 0x0d, 0x0d, 0x0a]) {
                self.bytes.big = data.get(at + 8..at + 12) == Some(&[0x1a, 0x2b, 0x3c, 0x4d]);
                self.interfaces.clear();
            }
            let Some([kind, length]) = self.bytes.u32s(at) else {
                return fail(
                    "capture.truncated",
                    Some(number),
                    "its block header is cut off",
                );
            };
            let length = length as usize;
            if length < 12 || !length.is_multiple_of(4) {
                return fail("capture.format", Some(number), "its block length is wrong");
            }
            let Some(block) = at.checked_add(length).and_then(|end| data.get(at..end)) else {
                return fail("capture.truncated", Some(number), "its block is cut off");
            };
            self.at = at + length;
            let body = Bytes {
                data: &block[..length - 4],
                ..self.bytes
            };
            match kind {
                1 => self.interfaces.push(Interface::new(&body)),
                3 => return self.simple(&body, number).map(Some),
                6 => return self.enhanced(&body, number).map(Some),
                _ => {}
            }
        }
        Ok(None)
    }

    /// A packet without a time, as long as it says or as its block is.
    fn simple(&self, body: &Bytes<'a>, number: usize) -> Result<Record<'a>, CaptureError> {
        let stated = body.u32(8).unwrap_or(u32::MAX) as usize;
        let length = stated.min(body.data.len().saturating_sub(12));
        self.record(0, (12, length), 0, body, number)
    }

    fn enhanced(&self, body: &Bytes<'a>, number: usize) -> Result<Record<'a>, CaptureError> {
        let Some([interface, high, low, length]) = body.u32s(8) else {
            return fail("capture.truncated", Some(number), "its header is cut off");
        };
        let ticks = u64::from(high) << 32 | u64::from(low);
        self.record(
            interface as usize,
            (28, length as usize),
            ticks,
            body,
            number,
        )
    }

    fn record(
        &self,
        interface: usize,
        (start, length): (usize, usize),
        ticks: u64,
        body: &Bytes<'a>,
        number: usize,
    ) -> Result<Record<'a>, CaptureError> {
        let Some(interface) = self.interfaces.get(interface) else {
            return fail(
                "capture.packet",
                Some(number),
                "it names no known interface",
            );
        };
        if length > MAX_PACKET {
            let message = format!("{length} bytes are more than {MAX_PACKET}");
            return fail("capture.packet", Some(number), message);
        }
        let Some(data) = body.data.get(start..start + length) else {
            return fail("capture.truncated", Some(number), "its bytes are cut off");
        };
        Ok(Record {
            link: interface.link,
            unix_nanos: interface.unit.nanos(ticks),
            data,
        })
    }
}
