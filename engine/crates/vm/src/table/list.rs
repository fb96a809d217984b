//! Lists by use within a slice of entries.

/// No entry.
pub const NONE: u32 = u32::MAX;

/// Neighbours in a list: `next` was used less recently.
#[derive(Clone, Copy, Debug)]
pub struct Links {
    pub prev: u32,
    pub next: u32,
}

impl Default for Links {
    fn default() -> Self {
        Self {
            prev: NONE,
            next: NONE,
        }
    }
}

/// What can be in a list.
pub trait Linked {
    fn links(&mut self) -> &mut Links;
}

/// From the most recently used entry to the least.
#[derive(Clone, Copy, Debug)]
pub struct List {
    pub first: u32,
    pub last: u32,
    pub len: u32,
}

impl Default for List {
    fn default() -> Self {
        Self {
            first: NONE,
            last: NONE,
            len: 0,
        }
    }
}

impl List {
    /// Puts `slot`, which is in no list, first.
    #[inline]
    pub fn link<T: Linked>(&mut self, entries: &mut [T], slot: u32) {
        *entries[slot as usize].links() = Links {
            prev: NONE,
            next: self.first,
        };
        match self.first {
            NONE => self.last = slot,
            first => entries[first as usize].links().prev = slot,
        }
        self.first = slot;
        self.len += 1;
    }

    /// Takes `slot` out of this list, in which it is.
    #[inline]
    pub fn unlink<T: Linked>(&mut self, entries: &mut [T], slot: u32) {
        let Links { prev, next } = *entries[slot as usize].links();
        match prev {
            NONE => self.first = next,
            prev => entries[prev as usize].links().next = next,
        }
        match next {
            NONE => self.last = prev,
            next => entries[next as usize].links().prev = prev,
        }
        self.len -= 1;
    }
}
