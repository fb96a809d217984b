//! From the bytes of a capture to packets that are ready to be run.

use crate::capture::{CaptureError, Record, Records};
use crate::offset;
use crate::packet::{Headers, parse};

/// A recorded packet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Prepared<'a> {
    /// Counts from 1.
    pub number: usize,
    pub record: Record<'a>,
    /// The IP packet with its headers, where it is the program's to see.
    pub packet: Option<(&'a [u8], Headers)>,
}

/// The packets of a capture, in order.
pub(super) struct Feed<'a> {
    records: Records<'a>,
    count: usize,
    /// Where the IP header is, by the caller's word.
    given: Option<usize>,
    /// Where it was found to be, by link type.
    guessed: Vec<(u32, Option<usize>)>,
}

impl<'a> Feed<'a> {
    /// # Errors
    /// Those of [`Records::new`].
    pub fn new(capture: &'a [u8], ip_offset: Option<usize>) -> Result<Self, CaptureError> {
        Ok(Self {
            records: Records::new(capture)?,
            count: 0,
            given: ip_offset,
            guessed: Vec::new(),
        })
    }

    /// Puts up to `most` packets behind those in `batch`; fewer only at the end of the capture.
    ///
    /// # Errors
    /// Those of [`Records`].
    pub fn fill(&mut self, batch: &mut Vec<Prepared<'a>>, most: usize) -> Result<(), CaptureError> {
        for _ in 0..most {
            let Some(packet) = self.next()? else {
                break;
            };
            batch.push(packet);
        }
        Ok(())
    }

    #[inline]
    fn next(&mut self) -> Result<Option<Prepared<'a>>, CaptureError> {
        let Some(record) = self.records.next().transpose()? else {
            return Ok(None);
        };
        self.count += 1;
        let offset = self
            .given
            .or_else(|| offset::ip_offset(record.link, record.data))
            .or_else(|| self.guess(&record));
        let bytes = offset.and_then(|offset| record.data.get(offset..));
        let packet = bytes.and_then(|bytes| Some((ip_only(bytes), parse(bytes).headers()?)));
        Ok(Some(Prepared {
            number: self.count,
            record,
            packet,
        }))
    }

    /// Looks at `record` and those behind it that have the same link type, when it is the first of them.
    fn guess(&mut self, record: &Record<'a>) -> Option<usize> {
        if offset::is_known(record.link) {
            return None;
        }
        if let Some((_, found)) = self.guessed.iter().find(|(link, _)| *link == record.link) {
            return *found;
        }
        // An error further on is told when its packet is due.
        let behind = self.records.clone().map_while(Result::ok);
        let alike = behind.filter(|other| other.link == record.link);
        let found = offset::guess(std::iter::once(record.data).chain(alike.map(|one| one.data)));
        self.guessed.push((record.link, found));
        found
    }
}

/// `packet` without what follows the IP packet (an Ethernet trailer), which is not the program's to see.
fn ip_only(packet: &[u8]) -> &[u8] {
    let stated = |at: usize| {
        packet
            .get(at..at + 2)
            .map_or(0, |b| usize::from(u16::from_be_bytes([b[0], b[1]])))
    };
    let length = if packet.first().is_some_and(|byte| byte >> 4 == 4) {
        stated(2)
    } else {
        40 + stated(4)
    };
    &packet[..length.min(packet.len())]
}
