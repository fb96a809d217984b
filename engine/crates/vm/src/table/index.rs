//! Where in a table's entries the one of a hash is: open addressing with linear probing.

/// Bits of a hash that are used. The table keeps a flag in the one above.
pub const HASH_BITS: u32 = 0x7fff_ffff;

/// Cells of eight bytes, at least half of them empty: the first one looked at mostly decides, and is foreseen to.
///
/// Deleting moves later cells back instead of leaving a mark: there is nothing to clean up, ever.
#[derive(Debug)]
pub struct Index {
    /// The hash in the upper half, one more than the slot in the lower. 0 is empty. A power of two of them.
    cells: Box<[u64]>,
}

impl Index {
    /// Room for `most` slots.
    pub fn new(most: usize) -> Self {
        Self {
            cells: vec![0; (2 * most + 2).next_power_of_two()].into_boxed_slice(),
        }
    }

    fn after(&self, at: usize) -> usize {
        (at + 1) & (self.cells.len() - 1)
    }

    fn home(&self, hash: u32) -> usize {
        hash as usize & (self.cells.len() - 1)
    }

    /// The slot with `hash` that `is_it`, or the cell where it is to be put.
    #[inline]
    pub fn find(&self, hash: u32, is_it: impl Fn(u32) -> bool) -> Result<u32, usize> {
        let mut at = self.home(hash);
        loop {
            let cell = self.cells[at];
            if cell == 0 {
                return Err(at);
            }
            if (cell >> 32) as u32 == hash && is_it(cell as u32 - 1) {
                return Ok(cell as u32 - 1);
            }
            at = self.after(at);
        }
    }

    /// Fills the empty cell `at`, from [`Self::find`] with the same hash and nothing changed since.
    #[inline]
    pub fn put(&mut self, at: usize, hash: u32, slot: u32) {
        self.cells[at] = pack(hash, slot);
    }

    /// Forgets `slot`, which was put with `hash`.
    #[inline]
    pub fn remove(&mut self, hash: u32, slot: u32) {
        let wanted = pack(hash, slot);
        let mut hole = self.home(hash);
        while self.cells[hole] != wanted {
            debug_assert_ne!(self.cells[hole], 0, "no such slot");
            hole = self.after(hole);
        }
        let mask = self.cells.len() - 1;
        let mut at = self.after(hole);
        loop {
            let cell = self.cells[at];
            if cell == 0 {
                break;
            }
            let home = self.home((cell >> 32) as u32);
            // It may go into the hole unless its home lies behind the hole.
            if at.wrapping_sub(home) & mask >= at.wrapping_sub(hole) & mask {
                self.cells[hole] = cell;
                hole = at;
            }
            at = self.after(at);
        }
        self.cells[hole] = 0;
    }

    /// Asks for the cells of `hash` to be brought into the cache.
    #[inline]
    pub fn prefetch(&self, hash: u32) {
        super::prefetch(&self.cells[self.home(hash)]);
    }

    pub fn bytes(&self) -> usize {
        size_of_val(&*self.cells)
    }
}

fn pack(hash: u32, slot: u32) -> u64 {
    u64::from(hash) << 32 | u64::from(slot + 1)
}
