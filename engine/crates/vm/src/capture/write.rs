//! Annotated pcapng out.

use super::MAX_PACKET;

/// Bytes of an enhanced packet block before the packet.
const HEADER: usize = 28;
/// Option opt_comment.
const COMMENT: u32 = 1;

/// Writes a pcapng with nanosecond times and comments on each packet.
pub struct Writer {
    out: Vec<u8>,
    /// Link types by interface number: few, most captures have one.
    links: Vec<u32>,
}

impl Default for Writer {
    fn default() -> Self {
        Self::with_capacity(0)
    }
}

impl Writer {
    /// A file that grows to `bytes` without being moved.
    #[must_use]
    pub fn with_capacity(bytes: usize) -> Self {
        let mut writer = Self {
            out: Vec::with_capacity(bytes),
            links: Vec::new(),
        };
        let mut body = 0x1a2b_3c4d_u32.to_le_bytes().to_vec();
        body.extend([1, 0, 0, 0]);
        body.extend([0xff; 8]);
        writer.block(0x0a0d_0d0a, &body);
        writer
    }

    fn block(&mut self, kind: u32, body: &[u8]) {
        let length = (12 + body.len()) as u32;
        self.out.extend(kind.to_le_bytes());
        self.out.extend(length.to_le_bytes());
        self.out.extend(body);
        self.out.extend(length.to_le_bytes());
    }

    /// Adds an interface with times in nanoseconds (option if_tsresol, 9) and returns its number.
    #[cold]
    fn interface(&mut self, link: u32) -> usize {
        let mut body = (link as u16).to_le_bytes().to_vec();
        body.extend([0, 0]);
        body.extend((MAX_PACKET as u32).to_le_bytes());
        body.extend([9, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0]);
        self.block(1, &body);
        self.links.push(link);
        self.links.len() - 1
    }

    /// Adds a packet of link type `link`, with one comment for each of `comments`, each of at most 65,535 bytes.
    #[inline]
    pub fn packet(&mut self, link: u32, unix_nanos: u64, data: &[u8], comments: &[&[u8]]) {
        let known = self.links.iter().position(|one| *one == link);
        let index = known.unwrap_or_else(|| self.interface(link)) as u32;
        let mut length = HEADER + data.len().next_multiple_of(4) + 8;
        for comment in comments {
            length += 4 + comment.len().next_multiple_of(4);
        }
        let length = length as u32;
        let size = data.len() as u32;
        let high = (unix_nanos >> 32) as u32;
        let mut header = [0; HEADER];
        let words = [6, length, index, high, unix_nanos as u32, size, size];
        for (bytes, word) in header.chunks_exact_mut(4).zip(words) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        self.out.reserve(length as usize);
        self.out.extend_from_slice(&header);
        self.padded(data);
        for comment in comments {
            let option = COMMENT | (comment.len() as u32) << 16;
            self.out.extend_from_slice(&option.to_le_bytes());
            self.padded(comment);
        }
        // The end of the options.
        self.out
            .extend_from_slice(&(u64::from(length) << 32).to_le_bytes());
    }

    #[inline]
    fn padded(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
        let missing = bytes.len().wrapping_neg() & 3;
        self.out.extend_from_slice(&[0; 3][..missing]);
    }

    /// The file.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.out
    }
}
