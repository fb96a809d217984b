//! Annotated pcapng out.

use std::collections::BTreeMap;

use super::MAX_PACKET;

/// Writes a pcapng with nanosecond times and a comment on each packet.
pub struct Writer {
    out: Vec<u8>,
    /// Interface numbers by link type.
    links: BTreeMap<u32, u32>,
}

impl Default for Writer {
    fn default() -> Self {
        let mut writer = Self {
            out: Vec::new(),
            links: BTreeMap::new(),
        };
        let mut body = 0x1a2b_3c4d_u32.to_le_bytes().to_vec();
        body.extend([1, 0, 0, 0]);
        body.extend([0xff; 8]);
        writer.block(0x0a0d_0d0a, &body);
        writer
    }
}

impl Writer {
    fn block(&mut self, kind: u32, body: &[u8]) {
        let length = (12 + body.len()) as u32;
        self.out.extend(kind.to_le_bytes());
        self.out.extend(length.to_le_bytes());
        self.out.extend(body);
        self.out.extend(length.to_le_bytes());
    }

    /// Adds an interface with times in nanoseconds (option if_tsresol, 9) and returns its number.
    fn interface(&mut self, link: u32) -> u32 {
        let mut body = (link as u16).to_le_bytes().to_vec();
        body.extend([0, 0]);
        body.extend((MAX_PACKET as u32).to_le_bytes());
        body.extend([9, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0]);
        self.block(1, &body);
        let index = self.links.len() as u32;
        self.links.insert(link, index);
        index
    }

    /// Adds a packet of link type `link`, with one comment for each of `comments`.
    pub fn packet(&mut self, link: u32, unix_nanos: u64, data: &[u8], comments: &[String]) {
        let index = match self.links.get(&link) {
            Some(index) => *index,
            None => self.interface(link),
        };
        let mut body = index.to_le_bytes().to_vec();
        body.extend(((unix_nanos >> 32) as u32).to_le_bytes());
        body.extend((unix_nanos as u32).to_le_bytes());
        body.extend((data.len() as u32).to_le_bytes());
        body.extend((data.len() as u32).to_le_bytes());
        body.extend(data);
        body.resize(body.len().next_multiple_of(4), 0);
        for comment in comments {
            body.extend([1, 0]);
            body.extend((comment.len() as u16).to_le_bytes());
            body.extend(comment.as_bytes());
            body.resize(body.len().next_multiple_of(4), 0);
        }
        body.extend([0; 4]);
        self.block(6, &body);
    }

    /// The file.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.out
    }
}
